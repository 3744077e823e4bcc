//! The kernel against public oracles and random input.

#![allow(clippy::unwrap_used)]

mod aba;
mod currency;
mod iban;
mod money;
mod oracle;
