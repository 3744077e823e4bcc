//! Transfers inside the bank: payments, holds, reversals, and cash at the counter.
//!
//! A customer pays from an account that they may pay from, to an account of their own or to another
//! customer's by its number. A payee who was never paid before is looked up first (the name is shown masked)
//! and confirmed by a step-up; so is an amount above the threshold. Staff reverse transfers and run cash
//! operations; above the bank's threshold a second person approves.
//!
//! | What | Debit | Credit |
//! |---|---|---|
//! | payment, hold and its capture | payer | payee |
//! | cash deposit | cash | customer |
//! | cash withdrawal | customer | cash |
//! | correction in favor of the customer | suspense | customer |
//! | correction against the customer | customer | suspense |
//! | reversal | the credit side | the debit side |
//!
//! States of a payment: `booked`; `held → captured | released | expired`; either of the booked ones `→ reversed`.
//! The payer captures and releases; staff reverse; the clock expires.
//!
//! A payment to a known payee takes the ledger's group commit and costs its look-ups plus one shared
//! commit; a first payment runs in a transaction of its own, together with the payee's confirmation.

mod api;
pub mod console;
mod jobs;
mod model;
pub mod service;
mod store;

pub use api::routes;
pub use jobs::{register, register_commands};
pub use model::{
    CashKind, CashOperation, NewPayment, PayTo, Payment, PaymentMode, TransferError, TransferStatus,
};
