//! What staff watches the bank by: the audit log, background work, the ledger's proofs, and a sandbox's clock.
//!
//! Nothing here is a thing of its own. The slices below keep their records; this one shows them to staff,
//! guards who may see and do what, and leaves an audit row for what is done: a job replayed, a clock moved.
//!
//! A proof can be asked for as background work ([`request_proof`]): one of a sort at a time, with progress, and its
//! audit row names who asked.
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
pub use model::{
    AuditStatus, ClockError, ClockMove, ClockMoved, DatabaseStatus, JobRefusal, LedgerRefusal, LedgerStatus,
    MonthPhase, MonthState, Proved, ScheduleState,
};
pub use service::audit::verify_audit;
pub use service::clock::{apply_clock, follow_clock, move_clock};
pub use service::jobs::{list_jobs, list_queues, list_schedules, replay_job, run_job};
pub use service::ledger::{list_accounts, list_proofs, trial_balance, verify_ledger};
pub use service::periods::{executors, list_months, request_close};
pub use service::proofs::{find_running as find_running_proof, request as request_proof};
pub use service::status::{audit_status, database_status, ledger_status};
