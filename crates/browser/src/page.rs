//! What a person does on a page, and what the page answers.

use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::extensions::query::{ElementQuery, ElementQueryable as _, ElementWaitable as _};
use thirtyfour::stringmatch::StringMatchable as _;
use thirtyfour::{By, Key, WebElement};

use crate::{Bank, Browser, SignIn};

impl Browser {
    /// Opens a page by its path.
    pub async fn open(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.origin)).await.expect("a page");
    }

    /// Signs somebody in with both factors, from the page that was asked for.
    pub async fn sign_in(&self, bank: &Bank, person: &SignIn) {
        self.open("/admin").await;
        self.fill("email", &person.email).await;
        self.fill("password", &person.password).await;
        self.press("Sign in").await;
        self.fill("code", &bank.next_code(person)).await;
        self.press("Continue").await;
        self.see("nav[aria-label=Console]").await;
    }

    /// Signs a customer in at their own pages, which need one factor.
    pub async fn sign_in_at_home(&self, person: &SignIn) {
        self.open("/my").await;
        self.fill("email", &person.email).await;
        self.fill("password", &person.password).await;
        self.press("Sign in").await;
        self.see("nav[aria-label=\"Your pages\"]").await;
    }

    /// Opens a page again and again until something with this text is there: what is under way goes on without it.
    pub async fn look_until(&self, path: &str, css: &str, text: &str) {
        let begun = std::time::Instant::now();
        loop {
            self.open(path).await;
            if self.texts(css).await.iter().any(|found| found.contains(text)) {
                return;
            }
            assert!(
                begun.elapsed().as_secs() < 60,
                "no {css} with {text:?} on {path}\n{}",
                self.text().await
            );
        }
    }

    /// Waits until something is there, and returns it.
    pub async fn see(&self, css: &str) -> WebElement {
        let found = self.query(css).first().await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("no {css} on {}: {error}\n{}", self.path().await, self.text().await),
        }
    }

    /// Waits until something with this text is there.
    pub async fn read(&self, css: &str, text: &str) -> WebElement {
        let found = self.query(css).with_text(text.to_owned().match_partial()).first().await;
        match found {
            Ok(element) => element,
            Err(error) => {
                panic!("no {css} with {text:?} on {}: {error}\n{}", self.path().await, self.text().await)
            }
        }
    }

    /// Says whether something is there now.
    pub async fn has(&self, css: &str) -> bool {
        !self.driver.find_all(By::Css(css.to_owned())).await.expect("an answer").is_empty()
    }

    /// Returns the texts of all that is there now; of one page, though another may be coming.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        'page: loop {
            let mut texts = Vec::new();
            for element in self.driver.find_all(By::Css(css.to_owned())).await.expect("an answer") {
                match element.text().await {
                    Ok(text) => texts.push(text),
                    Err(error) if matches!(*error, WebDriverErrorInner::StaleElementReference(_)) => {
                        continue 'page;
                    }
                    Err(error) => panic!("no text of {css}: {error}"),
                }
            }
            return texts;
        }
    }

    /// Writes into the field of that name, over what stands there.
    pub async fn fill(&self, name: &str, text: &str) {
        let field = self.visible(&format!("[name=\"{name}\"]")).await;
        field.clear().await.expect("a field");
        field.send_keys(text).await.expect("a field");
    }

    /// Chooses from the list of that name by value.
    pub async fn choose(&self, name: &str, value: &str) {
        let option = self.visible(&format!("select[name=\"{name}\"] option[value=\"{value}\"]")).await;
        option.click().await.expect("an option");
    }

    /// Presses the visible button, or the visible disclosure, with these words.
    pub async fn press(&self, words: &str) {
        self.press_in("body", words).await;
    }

    /// Presses the visible button with these words inside of something.
    pub async fn press_in(&self, within: &str, words: &str) {
        let css = format!("{within} button, {within} summary, {within} a.button");
        let Ok(button) = self.query(&css).with_text(words.to_owned()).and_displayed().first().await else {
            panic!("no button {words:?} on {}\n{}", self.path().await, self.text().await);
        };
        button.scroll_into_view().await.expect("on the page");
        button.click().await.expect("a press");
    }

    /// Opens an action, says why, and does it. Waits for the message that it was done.
    pub async fn act(&self, action: &str, words: &str, reason: &str) {
        let form = format!("form#{action}");
        let before = self.see(&form).await;
        self.press(words).await;
        let field = self.visible(&format!("{form} [name=reason]")).await;
        field.clear().await.expect("a field");
        field.send_keys(reason).await.expect("a field");
        self.press_in(&form, words).await;
        // The message of an action before may still stand on the page that is going.
        before.wait_until().stale().await.expect("another page");
        self.see(".flash").await;
    }

    /// Presses keys wherever the focus is.
    pub async fn key(&self, keys: &str) {
        self.driver.action_chain().send_keys(keys).perform().await.expect("keys");
    }

    /// Presses one named key wherever the focus is.
    pub async fn stroke(&self, key: Key) {
        self.key(&char::from(key).to_string()).await;
    }

    /// Returns the path of the page.
    pub async fn path(&self) -> String {
        self.driver.current_url().await.expect("an address").path().to_owned()
    }

    /// Waits until the page has this path.
    pub async fn arrive(&self, path: &str) {
        let query = format!(".frame a[href=\"{path}\"][aria-current=page]");
        self.see(&query).await;
        assert_eq!(self.path().await, path);
    }

    /// Returns all text of the page.
    pub async fn text(&self) -> String {
        self.texts("body").await.concat()
    }

    /// Runs a script in the page. The page's policy does not bind the driver.
    pub async fn ask(&self, script: &str) -> serde_json::Value {
        self.driver.execute(script, Vec::new()).await.expect("a script").json().clone()
    }

    /// Returns what the browser complained of since it was last asked: errors, and what the page's policy forbade.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await.expect("a log");
        let is_bad = |level: &str| matches!(level, "SEVERE" | "WARNING");
        entries.into_iter().filter(|entry| is_bad(&entry.level)).map(|entry| entry.message).collect()
    }

    /// Looks again and again until it is found. What goes while it is looked at, with its page, is only not found yet.
    fn query(&self, css: &str) -> ElementQuery {
        self.driver.query(By::Css(css.to_owned())).ignore_errors(true)
    }

    async fn visible(&self, css: &str) -> WebElement {
        let found = self.query(css).and_displayed().first().await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("no {css} to see on {}: {error}\n{}", self.path().await, self.text().await),
        }
    }
}
