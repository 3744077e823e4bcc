//! Background work, in the same database as the work that asks for it.
//!
//! [`enqueue`] writes a row in the caller's transaction: the job exists if and only if the change does.
//! A [`Worker`] leases what is due and renews its leases while handlers run; a lease that runs out is taken
//! over, so a handler may run twice and must be harmless the second time. Failures and panics back off with
//! full jitter and end in the dead letter. [`Registry`] names the handlers and the schedules; a slot of a
//! schedule fires once, whichever node sees it first, and slots that passed while nobody worked are counted
//! and caught up by one run. Work that is wanted once at a time ([`enqueue_once`]) is not doubled while it waits or
//! runs, and a long job may say how far it is ([`note_progress`]). What a clock that was ahead has written is brought
//! back when the clock is.
//!
//! States: `queued → running → done`, `running → queued` after a failure, a lost lease or a stop,
//! `running → dead` after the last attempt, `dead → queued` by a replay. The workers move them; staff replays.
//!
//! Cost of a job: one statement to ask, two to lease a batch, one to finish. An idle worker reads twice a
//! second. Not here: workflows of several steps, priorities, per-kind limits.

mod ahead;
mod model;
mod registry;
mod run;
mod schedule;
mod service;
mod store;
mod upkeep;
mod worker;

pub use model::{Job, JobError, JobFailure, JobProgress, JobState, NewJob, Queue};
pub use registry::{Handler, Registry};
pub use run::{Ran, run_due};
pub use schedule::{JobSchedule, Rhythm, Schedule};
pub use service::{
    JobFilter, count_dead, enqueue, enqueue_once, find, find_by_key, fire_by_hand, list, note_progress,
    queues, replay, run_now, schedules, wake,
};
pub use upkeep::register;
pub use worker::{Worker, WorkerOptions};
