//! Transactions: the journal as customers and staff read it. Reads only.
//!
//! A customer sees entries of the accounts they may view, newest first, each with the balance after it. Staff
//! see the entries of one account, or the journal across all of them. Lists page by the accounts' own
//! sequence numbers, so that no row is skipped or shown twice while new ones arrive.
//!
//! Cost: three statements a page (accounts, entries, counterparties), whatever the number of accounts.

mod api;
mod csv;
mod model;
pub mod service;
mod store;

pub use api::routes;
pub use model::{Filter, Side, Transaction, TransactionsError};
