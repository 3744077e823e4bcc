//! The audit log: who did what to whom, when and why.
//!
//! [`record`] writes one row in the caller's transaction, so that a change and its trace commit together.
//! Rows are append-only (a trigger refuses everything else) and carry a `position` by which they are sealed
//! like the journal. They hold ids, never names, addresses or secrets.
//!
//! Cost: one statement a row, two on PostgreSQL, where the position is drawn under a shared lock.

mod model;
mod reason;
mod service;
mod store;

pub use model::{AuditEvent, Event, Subject};
pub use reason::{Reason, ReasonError};
pub use service::{last, record};
