//! The console with scripts switched off.

use bank::Role;
use browser::{Bank, Driver, Script, walk};

use crate::signed_in;

#[tokio::test(flavor = "multi_thread")]
async fn every_page_renders_without_script() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    for role in [Role::Admin, Role::Operations, Role::Compliance] {
        let guide = signed_in(&driver, &bank, role).await;
        let places = walk::walk(&guide).await;
        guide.close().await;
        let browser = driver.open(&bank.url, Script::Off).await;
        browser.sign_in(&bank, bank.person(role)).await;
        assert!(browser.has(".copy[hidden]").await || places.len() > 3);
        for (kind, href) in places {
            if walk::is_file(&kind) {
                continue;
            }
            browser.open(&href).await;
            assert_eq!(browser.texts("h1").await.len(), 1, "{role} {href}: {}", browser.text().await);
            assert!(!browser.has(".refusal").await, "{role} {href}");
        }
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn search_filters_actions_theme_and_signing_out_work_without_script() {
    let (bank, driver) = (Bank::start(4).await, Driver::start());
    let browser = driver.open(&bank.url, Script::Off).await;
    browser.sign_in(&bank, bank.person(Role::Compliance)).await;
    let customer = bank.people(Role::Customer).nth(1).expect("a second customer");

    // The profile runs none: what the script would show stays hidden.
    browser.open("/admin/me").await;
    browser.open(&format!("/admin/customers/{}", customer.user_id)).await;
    assert!(browser.has("button.copy[hidden]").await, "a script ran");

    browser.fill("q", &customer.email).await;
    browser.see("#search").await.send_keys("\n").await.unwrap();
    browser.read(".hits a", &customer.email).await.click().await.unwrap();
    browser.read("dd", &customer.email).await;

    browser.act("suspend", "Suspend", "Asked for by the court").await;
    browser.open("/admin/customers").await;
    browser.see("select[name=status] option[value=suspended]").await.click().await.unwrap();
    browser.press_in(".filters", "Filter").await;
    browser.read("#list tbody tr:only-child", &customer.email).await;
    browser.see("#list a.row").await.click().await.unwrap();
    browser.act("reinstate", "Reinstate", "The court lifted its order").await;
    browser.read(".head .badge", "Active").await;

    browser.see("button.who").await.click().await.unwrap();
    browser.press("Dark").await;
    browser.see("html[data-theme=dark]").await;
    browser.see("button.who").await.click().await.unwrap();
    browser.press("Sign out").await;
    browser.see("[name=email]").await;
    browser.close().await;
}
