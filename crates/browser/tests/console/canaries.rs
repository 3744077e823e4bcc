//! Texts of people that would be scripts, on every page that shows them.

use bank::Role;
use browser::{Bank, Browser, Driver, walk};

use crate::signed_in;

/// Breaks out of a text, of an attribute in either quotes, and of a script; what runs sets a global.
const CANARY: &str = "<script>canary=1</script>\"'><img src=x onerror=canary=1>{{canary}}";

/// A canary that was executed left a global, or an element that nobody wrote.
const SANG: &str = "return [
  'canary' in window, document.querySelectorAll('script:not([src])').length,
  document.querySelectorAll('img[src=x], [onerror]').length,
]";

#[tokio::test(flavor = "multi_thread")]
async fn a_script_in_a_text_stays_a_text_on_every_page() {
    let (bank, driver) = (Bank::start(4).await, Driver::start());
    let browser = signed_in(&driver, &bank, Role::Compliance).await;
    let customer = format!("/admin/customers/{}", bank.person(Role::Customer).user_id);

    browser.open(&customer).await;
    browser.fill("text", CANARY).await;
    browser.press("Write note").await;
    browser.see(".flash").await;
    browser.act("suspend", "Suspend", CANARY).await;
    browser.act("reinstate", "Reinstate", CANARY).await;
    let shown = browser.texts(".log .why").await;
    let count = shown.iter().filter(|text| text.contains(CANARY)).count();
    assert!(count >= 3, "as it was written, {count} times in {shown:?}");

    let query = "%3Cscript%3Ecanary%3D1%3C%2Fscript%3E%22%27%3E%3Cimg%20src%3Dx%20onerror%3Dcanary%3D1%3E";
    for path in ["/admin/search?q=", "/admin/customers?q=", "/admin/sign-in?next="] {
        browser.open(&format!("{path}{query}")).await;
        silent(&browser, path).await;
    }
    browser.key("/").await;
    browser.key(CANARY).await;
    browser.read("#palette", "canary").await;
    silent(&browser, "the palette").await;
    browser.close().await;

    for role in [Role::Admin, Role::Operations, Role::Compliance] {
        let browser = signed_in(&driver, &bank, role).await;
        for (kind, href) in walk::walk(&browser).await {
            if !walk::is_file(&kind) {
                browser.open(&href).await;
                silent(&browser, &href).await;
            }
        }
        browser.open(&customer).await;
        silent(&browser, &customer).await;
        browser.close().await;
    }
}

async fn silent(browser: &Browser, place: &str) {
    assert_eq!(browser.ask(SANG).await, serde_json::json!([false, 0, 0]), "a canary sang on {place}");
}
