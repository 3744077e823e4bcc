//! Tests of the ledger against a real database: SQLite, or PostgreSQL when `FLORIN_TEST_DATABASE_URL` is set.

// `&[hold.clone()]` reads better in a test than `slice::from_ref`.
#![allow(clippy::unwrap_used, clippy::cloned_ref_to_slice_refs)]
#![allow(clippy::print_stdout, reason = "the model says from which seed it walked, and what it met")]

mod accounts;
mod books;
mod counts;
mod evidence;
mod export;
mod model;
mod nodes;
mod periods;
mod post;
mod reads;
mod seal;
mod stage;
mod submit;
mod tampering;
mod turnover;
mod verify;
