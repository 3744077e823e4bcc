//! The bank, in vertical slices over one ledger.
//!
//! [`Bank`] carries what every use case needs; a slice is a folder that reads from its `mod.rs` down.
//! Data goes down once and comes up once: request → handler → service → ledger and store → response.

pub mod bank;
pub mod context;
pub mod guard;
pub mod mail;
pub mod permission;
pub mod reach;
pub mod sealing;
pub mod settings;

pub mod audit;
pub mod jobs;

pub mod idempotency;
pub mod web;

pub mod identity;

pub mod approvals;
pub mod challenges;

pub mod kyc;
pub mod oversight;

pub mod accounts;

pub mod imports;
pub mod openbanking;
pub mod transactions;
pub mod transfers;

pub mod console;

pub mod router;
pub mod work;

pub use bank::Bank;
pub use context::Caller;
pub use permission::{Permission, Permissions, Role};
pub use settings::Settings;
