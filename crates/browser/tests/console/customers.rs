//! Finding a customer, and stopping one.

use bank::Role;
use browser::{Bank, Driver};
use thirtyfour::Key;

use crate::signed_in;

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_found_suspended_and_reinstated() {
    let (bank, driver) = (Bank::start(4).await, Driver::start());
    let browser = signed_in(&driver, &bank, Role::Compliance).await;
    let customer = bank.people(Role::Customer).nth(1).expect("a second customer");

    // The list narrows while one types, and the address says to what.
    browser.open("/admin/customers").await;
    let all = browser.texts("#list tbody tr").await.len();
    assert!(all >= 4, "{all} customers");
    browser.fill("q", "").await;
    browser.see("#q").await.send_keys(customer.email.as_str()).await.unwrap();
    browser.read("#list tbody tr:only-child", &customer.email).await;
    let address = browser.driver.current_url().await.unwrap();
    assert!(address.query().is_some_and(|query| query.contains("q=")), "{address}");
    browser.see("#list a.row").await.click().await.unwrap();
    browser.read("dd", &customer.email).await;
    assert_eq!(browser.path().await, format!("/admin/customers/{}", customer.user_id));

    browser.act("suspend", "Suspend", "Reported as taken over by a stranger").await;
    browser.read(".head .badge", "Suspended").await;
    browser.read(".log .why", "Reported as taken over").await;
    browser.act("reinstate", "Reinstate", "Spoke to the customer on the known number").await;
    browser.read(".head .badge", "Active").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_palette_finds_by_account_number_and_opens_by_keys_alone() {
    let (bank, driver) = (Bank::start(4).await, Driver::start());
    let browser = signed_in(&driver, &bank, Role::Support).await;
    let customer = bank.people(Role::Customer).nth(2).expect("a third customer");

    browser.key("/").await;
    browser.key(&customer.accounts[0].number).await;
    browser.read("#palette a", &customer.email).await;
    while !browser.driver.active_element().await.unwrap().text().await.unwrap().contains(&customer.email) {
        let before = browser.driver.active_element().await.unwrap();
        browser.stroke(Key::Down).await;
        assert_ne!(
            browser.driver.active_element().await.unwrap(),
            before,
            "the hits end before the customer"
        );
    }
    browser.stroke(Key::Enter).await;
    browser.read("dd", &customer.email).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_keeps_what_was_typed_and_says_what_is_wrong() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    let browser = signed_in(&driver, &bank, Role::Compliance).await;
    let customer = bank.person(Role::Customer);
    browser.open(&format!("/admin/customers/{}", customer.user_id)).await;
    // What a browser holds back by itself, a blank text does not meet.
    browser.ask("document.querySelector('form#suspend [name=reason]').value = '   '").await;
    browser.press("Suspend").await;
    browser.press_in("form#suspend", "Suspend").await;
    browser.see("#suspend-reason-error").await;
    assert!(
        browser.see("form#suspend [name=reason]").await.is_displayed().await.unwrap(),
        "it is open again"
    );
    assert!(browser.complaints().await.iter().all(|line| line.contains("422")));
    browser.close().await;
}
