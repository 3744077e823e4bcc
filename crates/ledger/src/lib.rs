//! A double-entry ledger: accounts with four balances, one pure decision, an append-only journal.

pub mod account;
pub mod accounts;
pub mod chart;
pub mod decide;
pub mod entry;
pub mod hold;
mod ledger;
pub mod lookup;
mod month;
mod refusal;
pub mod seal;
mod submission;
pub mod transfer;
pub mod verify;

pub use account::{Account, AccountKind, AccountStatus, Balance, NewAccount, SpendingLimits};
pub use accounts::AccountError;
pub use chart::{ChartCode, Rail};
pub use entry::{Direction, Entry};
pub use hold::{Hold, HoldState};
pub use ledger::{Ledger, LedgerOptions, PostError};
pub use month::{Month, MonthError};
pub use refusal::Refusal;
pub use submission::{Answer, AnswerFn, ItemOutcome, Receipt, Submission, SubmitError, Submitted};
pub use transfer::{Action, Authority, NewTransfer, Posted, Posting, Transfer, TransferKind};
pub use verify::verify;
