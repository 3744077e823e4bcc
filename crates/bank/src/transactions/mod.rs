//! Transactions: the journal as customers and staff read it. Reads only.
//!
//! A customer sees entries of the accounts they may view, newest first, each with the balance after it. Staff
//! see the entries of one account, or one line of every transfer across all of them: the customer's side, between
//! customers the debit side. Lists page by the accounts' own sequence numbers (across all accounts by the
//! journal's positions), so that no row is skipped or shown twice while new ones arrive.
//!
//! One transaction is shown to staff with both entries, its origin, and what it reverses, captures or was caused by.
//!
//! Cost: four statements a page (owners, accounts, entries, counterparties), whatever the number of accounts;
//! three across all accounts. What staff look at leaves an audit row besides.

mod api;
pub mod console;
mod csv;
mod model;
pub mod service;
mod store;

pub use api::routes;
pub use model::{Filter, Side, Transaction, TransactionsError};
