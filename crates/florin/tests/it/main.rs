//! The bank as its callers see it: one binary, one fresh database per test, on SQLite, or on PostgreSQL by
//! `FLORIN_TEST_DATABASE_URL`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test says what went wrong by failing")]
#![allow(clippy::print_stdout, reason = "a test that draws its course prints the seed")]
#![allow(clippy::type_complexity, clippy::cloned_ref_to_slice_refs, reason = "tables are read, not reused")]

#[allow(dead_code, reason = "each slice uses a part of it")]
mod harness;

mod account_balances;
mod account_fees;
mod account_owners;
mod accounts;
mod approvals;
mod audit;
mod audit_tamper;
mod backup;
mod books;
mod challenges;
mod commands;
mod config;
mod console;
mod crash;
mod demo;
mod idempotency;
mod identity;
mod imports;
mod jobs;
mod kyc;
mod mailing;
mod matrix;
mod openbanking;
mod operations;
mod oversight;
mod people;
mod program;
mod queries;
mod roles;
mod rotation;
mod serve;
#[cfg(feature = "otel")]
mod traces;
mod transactions;
mod transfers;
mod web;
