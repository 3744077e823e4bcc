//! A customer links another bank by hand: there, back, what is seen, and how it ends.

use bank::Role;
use browser::{Bank, Browser, Driver, Script, SignIn, Theme, View};
use serde_json::json;

use crate::access::judge;

/// Goes from the door that a page shows through the mock bank and back, as somebody who is known there.
async fn consent(browser: &Browser, password: &str) {
    browser.press("Continue to Mock Bank").await;
    browser.fill("username", "john").await;
    browser.fill("password", password).await;
    browser.press("Sign in").await;
    browser.press("Allow").await;
    browser.read(".flash", "The bank is linked").await;
}

/// Links the mock bank and returns the path of its page, once everything is read.
async fn link(browser: &Browser, person: &SignIn) -> String {
    browser.sign_in_at_home(person).await;
    browser.press("Link a bank").await;
    browser.press("Mock Bank\nUK").await;
    browser.see("#consent").await;
    consent(browser, "doe").await;
    let place = browser.path().await;
    browser.look_until(&place, "a.row", "Current Account").await;
    place
}

/// Returns a customer for whom the demo has linked nothing.
fn unlinked(bank: &Bank) -> &SignIn {
    bank.people(Role::Customer).nth(2).expect("a third customer")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_is_linked_and_its_accounts_and_transactions_are_seen_in_every_look() {
    let (bank, driver) = (Bank::start(4).await, Driver::start());
    let browser = driver.open(&bank.url, Script::On).await;
    let mut barriers = judge(&browser, "/my/sign-in").await;
    browser.show_as(Theme::Light, View::Wide).await;
    let place = link(&browser, unlinked(&bank)).await;
    let account = browser.see("a.row").await.attr("href").await.unwrap().expect("an address");
    for href in ["/my", "/my/banks/new", &place, &account, "/my/insights", "/my/insights?month=2026-01"] {
        barriers.extend(judge(&browser, href).await);
    }
    assert!(barriers.is_empty(), "{} barriers:\n{}", barriers.len(), barriers.join("\n"));
    browser.show_as(Theme::Light, View::Wide).await;
    browser.look_until(&place, "tbody tr", "GBP").await;
    assert_eq!(browser.texts("a.row").await.len(), 4, "three accounts and a card");
    browser.open("/my/insights").await;
    browser.read("th", "NORTHWIND TRADING LTD SALARY").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_taken_back_at_the_bank_ends_the_link_here() {
    let (bank, driver) = (Bank::start(4).await, Driver::start());
    // Customers' pages need no script, and have none.
    let browser = driver.open(&bank.url, Script::Off).await;
    let place = link(&browser, unlinked(&bank)).await;
    let links = bank.simulate("GET", "", &json!({}))["links"].clone();
    let own = links.as_array().expect("links").iter().find(|link| link["username"] == "john");
    let body = json!({ "credentials_id": own.expect("a link")["credentials_id"] });
    bank.simulate("POST", "links/revoke", &body);
    browser.look_until(&place, ".head .badge", "Ended").await;
    browser.read(".head .sub", "You have ended this link").await;
    assert!(!browser.has("form[action$=\"/read\"]").await, "nothing is read any more");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_is_over_is_renewed_in_place_and_nothing_is_doubled() {
    let (bank, driver) = (Bank::start(4).await, Driver::start());
    let browser = driver.open(&bank.url, Script::On).await;
    let person = unlinked(&bank);
    let place = link(&browser, person).await;
    // The simulator goes by the bank's clock.
    bank.advance(91);
    browser.sign_in_at_home(person).await;
    browser.look_until(&place, ".head .badge", "Needs renewal").await;
    browser.see("#renew [name=consent]").await.click().await.unwrap();
    browser.press("Renew the consent").await;
    consent(&browser, "doe").await;
    assert_eq!(browser.path().await, place, "on the same row");
    browser.look_until(&place, ".head .badge", "Linked").await;
    assert_eq!(browser.texts("a.row").await.len(), 4, "no account twice");
    browser.open("/my").await;
    assert_eq!(browser.texts("tbody tr").await.len(), 1, "no link twice");
    browser.close().await;
}
