//! Staff at the console and customers at their own pages: signed in through their door, with a cookie and the token of
//! their forms.

use axum::http::Method;
use bank::Role;

use super::{Answer, App, Call, PASSWORD};

/// Holds somebody who is signed in at the pages of one side.
#[derive(Clone, Debug)]
pub struct Clerk {
    /// The side's cookie.
    pub name: &'static str,
    /// Its value.
    pub cookie: String,
    /// What each form sends back.
    pub token: String,
}

impl App {
    /// Signs somebody in at the console by password alone.
    pub async fn clerk(&self, email: &str) -> Clerk {
        let answer = self.at_the_door(&[("email", email), ("password", PASSWORD)]).await.expect(303);
        self.clerk_of(&answer).await
    }

    /// Signs a customer in at their own pages by password alone.
    pub async fn at_home(&self, email: &str) -> Clerk {
        let door = self.get("/my/sign-in").send().await.expect(200);
        let nonce = door.set_cookie("florin_door").expect("a cookie of the door");
        let token = token_of(&door.text());
        let fields = [("csrf", token.as_str()), ("email", email), ("password", PASSWORD)];
        let call = self.post("/my/sign-in").cookie("florin_door", &nonce).form(&fields);
        let answer = call.send().await.expect(303);
        self.signed_in(&answer, ("florin_customer", "/my")).await
    }

    /// Makes a member of staff with one role and signs in at the console.
    pub async fn clerk_as(&self, role: Role) -> Clerk {
        let (_, email) = self.user("Robin Clerk", vec![role], None).await;
        self.clerk(&email).await
    }

    /// Sends address and password from the door's page.
    pub async fn at_the_door(&self, fields: &[(&str, &str)]) -> Answer {
        let door = self.get("/admin/sign-in").send().await.expect(200);
        let nonce = door.set_cookie("florin_door").expect("a cookie of the door");
        let token = token_of(&door.text());
        let fields: Vec<_> = [("csrf", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.post("/admin/sign-in").cookie("florin_door", &nonce).form(&fields).send().await
    }

    /// Takes the cookie that an answer set, and reads the token of its session from a page.
    pub async fn clerk_of(&self, answer: &Answer) -> Clerk {
        self.signed_in(answer, ("florin_staff", "/admin/me")).await
    }

    async fn signed_in(&self, answer: &Answer, (name, page): (&'static str, &str)) -> Clerk {
        let cookie = answer.set_cookie(name).expect("a cookie of a session");
        let page = self.get(page).cookie(name, &cookie).send().await.expect(200);
        Clerk { name, token: token_of(&page.text()), cookie }
    }

    /// Asks for a page as a clerk.
    pub async fn page(&self, clerk: &Clerk, path: &str) -> Answer {
        self.get(path).as_clerk(clerk).send().await
    }

    /// Sends a form as a clerk.
    pub async fn submit(&self, clerk: &Clerk, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("csrf", clerk.token.as_str())];
        all.extend(fields);
        self.request(Method::POST, path).as_clerk(clerk).form(&all).send().await
    }
}

impl Call<'_> {
    /// Sends the request with the cookie of a session.
    #[expect(clippy::wrong_self_convention, reason = "it reads as what it does")]
    pub fn as_clerk(self, clerk: &Clerk) -> Self {
        self.cookie(clerk.name, &clerk.cookie)
    }

    /// Sends these fields as a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.header("content-type", "application/x-www-form-urlencoded").body(body.finish())
    }
}

impl Answer {
    /// Returns the value of a cookie that the answer sets; none for one that it does not set, or takes away.
    pub fn set_cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        let mut values =
            lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.split(';').next());
        values.next_back().filter(|value| !value.is_empty()).map(str::to_owned)
    }
}

/// Reads the token from a page with a form.
pub fn token_of(page: &str) -> String {
    hidden(page, "csrf")
}

/// Reads the key from a page whose form counts once.
pub fn key_of(page: &str) -> String {
    hidden(page, "idempotency_key")
}

fn hidden(page: &str, name: &str) -> String {
    let field = format!(r#"name="{name}" value=""#);
    let (_, rest) = page.split_once(&field).expect("a form with the field");
    rest.split('"').next().unwrap().to_owned()
}
