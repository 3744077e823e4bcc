//! The audit log: who did what to whom, when and why.
//!
//! [`record`] writes one row in the caller's transaction, so that a change and its trace commit together.
//! Rows are append-only (a trigger refuses everything else) and carry a `position` by which they are sealed
//! like the journal. They hold ids, never names, addresses or secrets.
//!
//! Staff's reads of customers' data are rows too ([`record_read`], one for each view). Reads of the log itself
//! are not: it holds no customer's data, and each look would lengthen what is looked at. Taking it out is
//! ([`export`]).
//!
//! [`seal`] chains the rows written since, [`checkpoint`] signs how far the chain has come, in the database and in a
//! file outside, and [`verify`] finds what was changed, removed, slipped in, cut off or rewritten (see
//! [`ledger::seal`]).
//!
//! Cost: one statement a row, two on PostgreSQL, where the position is drawn under a shared lock.

mod chain;
mod csv;
mod filter;
mod model;
mod reason;
mod service;
mod store;

pub use chain::{AuditLog, Verified, checkpoint, seal, verify};
pub use csv::HEADER;
pub use filter::{ActionFilter, AuditFilter, FilterError, Who};
pub use model::{AuditEvent, Event, Subject};
pub use reason::{Reason, ReasonError};
pub use service::{AuditError, export, find, last, list, record, record_read};
