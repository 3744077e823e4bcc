//! Background work, in the same database as the work that asks for it.
//!
//! [`enqueue`] writes a row in the caller's transaction: the job exists if and only if the change does.
//! Workers lease what is due; a lease that runs out is taken over, so a handler may run twice and must be
//! harmless the second time. Failures back off with full jitter and end in the dead letter.
//!
//! States: `queued → running → done`, `running → queued` after a failure or a lost lease, `running → dead`
//! after the last attempt, `dead → queued` by a replay.

mod model;
mod service;
mod store;

pub use model::{Job, NewJob};
pub use service::enqueue;
