//! The kernel against public oracles and random input.

#![allow(clippy::unwrap_used)]

mod aba;
mod account_number;
mod currency;
mod iban;
mod money;
mod oracle;
