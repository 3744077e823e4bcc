//! A day's work: accounts stopped, cash taken in by two people, a mistake reversed, the books proved.

use bank::Role;
use browser::{Bank, Driver, Script, work};

use crate::signed_in;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_frozen_and_unfrozen() {
    let (bank, driver) = (Bank::start(3).await, Driver::start());
    let browser = signed_in(&driver, &bank, Role::Compliance).await;
    let account = &bank.people(Role::Customer).nth(1).expect("a second customer").accounts[0];
    browser.open("/admin/accounts").await;
    browser.see(".filters [name=q]").await.send_keys(account.number.as_str()).await.unwrap();
    browser.see("#list tbody tr:only-child a.row").await.click().await.unwrap();
    browser.see("#balances, [aria-label=Balances]").await;
    assert_eq!(browser.path().await, format!("/admin/accounts/{}", account.id));
    browser.act("freeze", "Freeze", "The court wants nothing to move").await;
    browser.read(".head .badge", "Frozen").await;
    browser.act("unfreeze", "Unfreeze", "The court lifted its order").await;
    browser.read(".head .badge", "Open").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_is_taken_in_by_one_person_and_approved_by_another() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    let maker = signed_in(&driver, &bank, Role::Operations).await;
    let account = &bank.person(Role::Customer).accounts[0];
    work::preview_cash(&maker, account, "2,500.00", "Counted twice at the counter").await;
    let after = balance_after(&maker).await;
    assert!(maker.barriers().await.is_empty(), "what is shown before the button can be read by all");
    maker.press("Ask a second person").await;
    maker.see(".flash").await;
    work::open_own(&maker).await;
    assert!(!maker.has("form#approve").await, "nobody approves what they asked for");
    let waiting = maker.path().await;
    maker.close().await;

    let checker = driver.open(&bank.url, Script::On).await;
    checker.sign_in(&bank, bank.people(Role::Operations).nth(1).expect("a second one")).await;
    work::open_the_waiting(&checker).await;
    assert_eq!(checker.path().await, waiting);
    assert_eq!(balance_after(&checker).await, after, "both are shown the same");
    checker.act("approve", "Approve", "The slip is signed").await;
    checker.open(&format!("/admin/accounts/{}", account.id)).await;
    checker.read(".sums", &after).await;
    checker.close().await;
}

/// Reads what the customer's account would hold: of a deposit, the second line.
async fn balance_after(browser: &browser::Browser) -> String {
    let cells = browser.texts("#effect ~ * td.after, .effect td.after").await;
    cells.into_iter().rfind(|text| text.contains("GBP")).expect("a balance after")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_reversed_and_says_so() {
    let (bank, driver) = (Bank::start(3).await, Driver::start());
    let browser = signed_in(&driver, &bank, Role::Operations).await;
    browser.open("/admin/transactions?code=fee").await;
    browser.see("#list a.row").await.click().await.unwrap();
    browser.see("#entries").await;
    let transfer = browser.path().await;
    browser.press("Reverse").await;
    browser.see("#effect").await;
    assert!(browser.barriers().await.is_empty(), "what is shown before the button can be read by all");
    browser.fill("reason", "The fee was not agreed").await;
    browser.press("Reverse").await;
    browser.see(".flash").await;
    browser.open(&transfer).await;
    browser.read(".head .badge", "Reversed").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_proved_by_a_button() {
    let (bank, driver) = (Bank::start(2).await, Driver::start());
    let browser = signed_in(&driver, &bank, Role::Auditor).await;
    work::prove_the_ledger(&browser).await;
    browser.open("/admin/ledger/proofs").await;
    browser.see("[aria-label='Proofs of the ledger'] a.row").await.click().await.unwrap();
    browser.read(".head .badge", "Passed").await;
    browser.close().await;
}
