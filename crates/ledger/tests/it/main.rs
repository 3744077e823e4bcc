//! Tests of the ledger against a real database: SQLite, or PostgreSQL when `FLORIN_TEST_DATABASE_URL` is set.

#![allow(clippy::unwrap_used)]

mod accounts;
