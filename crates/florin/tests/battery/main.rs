//! The reliability battery: what a bank promises about failures, each promise with the harness that shows it.
//!
//! `cargo xtask battery [--long] [filter…]` runs it, first on SQLite, then on PostgreSQL, one test after the other; the
//! table of promises is `docs/reliability.md`. Each test prints its seed, ends within a limit, and has beside it a
//! control: the same harness on something broken on purpose, which it must notice.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test says what went wrong by failing")]
#![allow(clippy::print_stdout, reason = "a harness prints its seed and its figures")]

// What every harness stands on; each uses a part of it.
#[allow(dead_code, reason = "each harness uses a part of it")]
mod bank;
#[allow(dead_code, reason = "each harness uses a part of it")]
mod client;
#[path = "../../src/bench/client.rs"]
mod connection;
#[allow(dead_code, reason = "each harness uses a part of it")]
mod journal;
mod leaks;
#[allow(dead_code, reason = "each harness uses a part of it")]
mod limits;
mod load;
mod naive;
mod nodes;
#[allow(dead_code, reason = "shared with the tests of single features")]
#[path = "../it/program.rs"]
mod program;
mod proxy;
#[allow(dead_code, reason = "each harness uses a part of it")]
mod server;
#[allow(dead_code, reason = "each harness uses a part of it")]
mod wire;

// The harnesses.
mod clock;
mod cut;
mod double_spend;
mod hold_races;
mod hot_accounts;
mod isolation;
mod kill;
mod network;
mod replica;
mod soak;
mod space;
mod storm;
