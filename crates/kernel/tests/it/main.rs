//! The kernel against public oracles and random input.

#![allow(clippy::unwrap_used)]

mod currency;
mod money;
mod oracle;
