//! The console in Chromium, as its people use it: `cargo xtask browser [filter…]`, first on SQLite, then on PostgreSQL.
//!
//! Every test has a bank of its own, and ends by holding that the browser complained of nothing: no error, and nothing
//! that the page's policy forbade.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test says what went wrong by failing")]

mod access;
mod canaries;
mod customers;
mod door;
mod keyboard;
mod links;
mod roles;
mod scriptless;
mod work;

use bank::Role;
use browser::{Bank, Browser, Driver, Script};

/// Opens a window and signs in who has a role.
async fn signed_in(driver: &Driver, bank: &Bank, role: Role) -> Browser {
    let browser = driver.open(&bank.url, Script::On).await;
    browser.sign_in(bank, bank.person(role)).await;
    browser
}
