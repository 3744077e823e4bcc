//! A day's work at the bank, for tests and pictures.

use std::time::Duration;

use thirtyfour::By;
use thirtyfour::extensions::query::ElementQueryable as _;

use crate::Browser;
use crate::bank::Account;

/// How long a proof over a full book may take.
const LONGEST_PROOF: Duration = Duration::from_mins(5);

/// Fills in a deposit at the cash desk and looks at what would happen.
pub async fn preview_cash(browser: &Browser, account: &Account, amount: &str, reason: &str) {
    browser.open("/admin/cash-operations").await;
    browser.choose("kind", "deposit").await;
    browser.fill("account", &account.number).await;
    browser.fill("amount", amount).await;
    browser.fill("reference", "Paid in at the counter").await;
    browser.fill("reason", reason).await;
    browser.press("Show what will happen").await;
    browser.see("#effect").await;
}

/// Opens the first approval that waits for whoever looks.
pub async fn open_the_waiting(browser: &Browser) {
    open_first(browser, "/admin/approvals").await;
}

/// Opens the newest approval that whoever looks has asked for.
pub async fn open_own(browser: &Browser) {
    open_first(browser, "/admin/approvals?view=own").await;
}

async fn open_first(browser: &Browser, list: &str) {
    browser.open(list).await;
    browser.see("#list a.row").await.click().await.expect("a press");
    browser.see("#asked").await;
}

/// Has the ledger proved and waits until the page says how that ended.
pub async fn prove_the_ledger(browser: &Browser) {
    browser.open("/admin/ledger").await;
    browser.press("Run the proof").await;
    browser.read(".flash", "The proof is asked for").await;
    // The page looks again by itself, as long as a full book takes.
    let badge =
        browser.driver.query(By::Css("#proof .badge")).wait(LONGEST_PROOF, Duration::from_millis(250));
    badge.exists().await.expect("an answer");
    browser.read("#proof .badge", "Passed").await;
}
