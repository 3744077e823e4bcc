//! Customers' accounts: products, opening, owners, limits, stopping and closing.
//!
//! An account is a customer deposit of the ledger under the same id. Status, balances, limits and overdraft
//! stand there and nowhere else; this slice keeps the product, the number, the nickname and the owners.
//!
//! | Status | Comes by | Who | Means |
//! |---|---|---|---|
//! | open | opening, unfreezing | customer or staff; staff | everything moves |
//! | debit-blocked | blocking debits | staff with `accounts:freeze` | money comes, none leaves |
//! | frozen | freezing | staff with `accounts:freeze` | nothing moves |
//! | closed | closing, when empty and without holds or pending work | holder or staff | for ever |
//!
//! | Role | View | Pay | Rename | Limit | Share | Close |
//! |---|---|---|---|---|---|---|
//! | holder, joint (any signs) | yes | yes | yes | yes | attorneys | yes |
//! | joint (all sign), and whoever holds with one | yes | together | yes | lower | by staff | by staff |
//! | attorney (view and pay) | yes | yes | no | no | resigns | no |
//! | attorney (view) | yes | no | no | no | resigns | no |
//!
//! Staff act by permission and with a reason; what they look at leaves an audit row too. Holders are added and
//! removed by staff, since sharing an account is a contract; customers name and dismiss attorneys.
//!
//! | Posting | Debit | Credit | Code |
//! |---|---|---|---|
//! | monthly fee, by a job on the first day of a month | the account | fee income | `fee` |
//!
//! Opening asks `kyc` for the product's level, and so does every debit through
//! [`service::find_for`] with [`Need::Pay`]. Slices above note what still waits on an account
//! ([`service::begin_work`]), which keeps it from being closed.
//!
//! Cost: finding an account for somebody takes two round trips, for a payment three; a list takes four.
//! Deliberately absent: interest (a slice of its own), and who has signed a payment where all sign,
//! which is the business of the payment.

pub mod api;
pub mod console;
mod jobs;
mod model;
pub mod service;
mod store;

pub use jobs::register as register_jobs;
pub use model::{
    Account, AccountAuthority, AccountError, AccountOwner, LimitChange, LimitName, Need, Nickname,
    OpenAccount, OwnerRole, PendingWork, Product, ProductKind, Setting, Standing, StatusChange,
};
