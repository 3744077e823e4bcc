//! One-time confirmations, each bound to what it confirms (PSD2 RTS Art. 4 and 5).
//!
//! A challenge is made when a payment needs one, shown to the user with its amount and payee, answered with a
//! code (of the authenticator, or mailed), and spent by exactly the payment that it was made for, once.
//! `open → answered` by the user, `answered → spent` by the payment; five wrong codes or ten minutes end it.
//!
//! Invariants: a code confirms one amount, one currency and one payee; any change of them asks anew. A
//! challenge is spent in the payment's own transaction, so a payment that fails gives it back.
//!
//! Cost: [`service::require`] reads one row and writes one. Mail is sent by a job, which makes the code: what
//! lies in the jobs table confirms nothing.

pub mod api;
mod jobs;
mod model;
pub mod service;
mod store;

pub use jobs::register as register_jobs;
pub use model::{ChallengeError, Required, Subject};
