//! A double-entry ledger: accounts with four balances, one pure decision, an append-only journal.
//!
//! # Invariants
//! - In every currency the sum of debits equals the sum of credits: each movement is one row that debits one
//!   account and credits another with the same amount.
//! - Rows of `ledger_transfers` and `ledger_entries` are never updated or deleted (triggers). A mistake is
//!   reversed by a row that names the old one. What changes about a hold stands in `ledger_holds`.
//! - An account's balances are the sums of its entries, numbered from 1 without a gap, and of its pending holds.
//! - The same id is never posted twice, a hold is resolved once, a transfer reversed once (unique keys).
//! - [`decide::decide`] is the one place that judges funds, holds, overdraft, limits, status and dates.
//!
//! # Postings
//! | what | debits | credits | balances |
//! |---|---|---|---|
//! | [`Action::Post`] | debit account | credit account | posted |
//! | [`Action::Hold`] | debit account | credit account | pending |
//! | [`Action::Capture`] | the hold's | the hold's | posted by the captured part, pending back in full |
//! | [`Action::Release`] | – | – | pending back |
//! | [`Action::Reverse`] | what was credited | what was debited | posted |
//!
//! The transfers of one call to [`Ledger::post`], and of one item of a [`Submission`], are linked: all or none.
//! An exchange of currencies is two linked transfers through [`ChartCode::FxPosition`].
//!
//! # Who moves a hold
//! `pending → captured` (its captor, before it expires, also on an account whose debits are blocked), `pending →
//! released` (anyone who may, also on a frozen account), `pending → expired` (the program: the next posting that
//! touches the account, or [`Ledger::expire_holds`]). Whatever the job has done, an overdue hold counts as expired
//! when something is decided.
//!
//! # Order of refusals
//! [`Refusal`] lists them from the top: identity, shape, references, accounts and currencies, dates, status, limits,
//! funds, range. The first that applies is the answer; a repeated id with the same content is answered before
//! anything is judged.
//!
//! # Order of locks
//! 1. the journal's advisory lock, shared ([`seal::JOURNAL_LOCK`]; who needs a moment without writers calls
//!    [`exclude_writers`]), 2. accounts in id order, in one statement: when they are read, or, by a group commit that
//!    meets nobody, when they are written, 3. positions and keys when they are written.
//!    A caller of [`Ledger::post`] locks its own rows before or after, but always on the same side.
//!    On SQLite the immediate transaction stands for all of them.
//!
//! # Cost
//! A posting takes 6 round trips (5 reads, 1 write) besides begin and commit, and up to 5 more when it refers to
//! other transfers or backdates; a group commit takes 1 more for the receipts, for all its transfers together. A group
//! commit of plain transfers on PostgreSQL, that meets nobody, takes 2 and needs no transaction: one reads, one writes
//! what was decided and commits it. On SQLite writing is one statement per table.
//!
//! # What it does not do
//! It knows no customers, no names and no permissions: its callers pass an [`Authority`] and answer for it.
//! It keeps nothing in the process but the queue, so that any number of nodes share one database.

pub mod account;
pub mod accounts;
mod batch;
mod caution;
pub mod chart;
pub mod counts;
pub mod decide;
mod desk;
pub mod entry;
pub mod export;
pub mod hold;
mod intake;
pub mod journal;
mod ledger;
mod lines;
pub mod linked;
mod load;
mod load_postgres;
mod load_sqlite;
pub mod lookup;
mod month;
pub mod periods;
mod plain;
mod queue;
pub mod receipts;
mod refusal;
pub mod seal;
mod submission;
pub mod transfer;
pub mod trial;
pub mod turnover;
pub mod verify;
mod write;
mod write_postgres;
mod write_sqlite;

pub use account::{Account, AccountKind, AccountStatus, Balance, NewAccount, SpendingLimits};
pub use accounts::AccountError;
pub use chart::{ChartCode, Rail};
pub use entry::{Direction, Entry};
pub use hold::{Hold, HoldState};
pub use ledger::{Ledger, LedgerOptions, PostError};
pub use load::exclude_writers;
pub use month::{Month, MonthError};
pub use periods::PeriodError;
pub use refusal::Refusal;
pub use submission::{Answer, AnswerFn, ItemOutcome, Receipt, Seen, Submission, SubmitError, Submitted};
pub use transfer::{Action, Authority, NewTransfer, Posted, Posting, Transfer, TransferKind};
pub use verify::verify;
