//! How well the bank knows a customer: one level per user, asked before an account opens and before every debit.
//!
//! | Level | Meaning |
//! |---|---|
//! | 0 | registered, nothing checked: no account |
//! | 1 | identity checked |
//! | 2 | identity and address checked |
//! | 3 | checked in depth, source of wealth included |
//!
//! A customer without a row is at level 0, so that a registration writes nothing here. Staff with the
//! permission `kyc:set_level` move the level up or down with a reason; the change is audited in the same
//! transaction. Nothing in here moves money.
//!
//! Cost: [`service::require_all`] is one statement, however many customers are asked about.
//! Deliberately absent: how a level is earned (documents, screening), which comes with the checks themselves.

pub mod api;
pub mod console;
mod model;
pub mod service;
mod store;

pub use model::{KycError, KycLevel, SetLevel};
