//! What banks tell about accounts and cards (Data API v1).
//!
//! Optional is what the vendor does not promise, and whatever nothing depends on: a bank that leaves a field out or
//! fills it with nonsense must not cost the row. Personal data are [`kernel::Secret`]s and print as stars.

mod account;
mod card;
mod instruction;
mod link;
mod transaction;

pub use account::{Account, AccountBalance, AccountNumbers, AccountProvider, AccountType};
pub use card::{Card, CardBalance};
pub use instruction::{DirectDebit, DirectDebitMeta, InstructionStatus, StandingOrder};
pub use link::{Info, LinkProvider, Me};
pub use transaction::{Direction, Meta, RunningBalance, Transaction, TransactionCategory};

use kernel::Secret;

/// Returns a text that says something: not empty, not only blanks, not a placeholder.
fn meaningful(text: Option<&Secret<String>>) -> Option<&str> {
    let text = text?.expose().trim();
    (!text.is_empty() && !text.starts_with("NOT_SUPPORTED_BY_")).then_some(text)
}
