//! What staff watches the bank by: the audit log, background work, the ledger's proofs, and a sandbox's clock.
//!
//! Nothing here is a thing of its own. The slices below keep their records; this one shows them to staff,
//! guards who may see and do what, and leaves an audit row for what is done: a job replayed, a clock moved.
//!
//! The sandbox's clock exists outside production only. Its offset is one row that every node follows
//! ([`follow_clock`]); it moves forward only, because dates, expiries and the order of the journal must not
//! turn back, and it moves for everybody: sessions that the move makes idle end.

mod jobs;
mod model;
mod service;
mod store;

pub mod api;
pub mod console;

pub use jobs::register;
pub use model::{ClockError, ClockMove, ClockMoved, JobRefusal, LedgerRefusal};
pub use service::audit::verify_audit;
pub use service::clock::{apply_clock, follow_clock, move_clock};
pub use service::jobs::{list_jobs, list_schedules, replay_job, run_job};
pub use service::ledger::{list_accounts, list_proofs, trial_balance, verify_ledger};
pub use service::periods::{executors, request_close};
