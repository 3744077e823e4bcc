//! Maker and checker: a command that takes two people.
//!
//! A slice that must not act on one person's word calls [`request`] instead: the command is stored whole,
//! with a digest over everything that was asked for. Another person looks at it and calls [`approve`], which
//! runs the slice's [`Executor`] in the same transaction: decision and effect commit together, once. The
//! slices name their executors in [`Executors`], because what they do lies above this one.
//!
//! States: `pending → executed` by a checker, `pending → rejected` by a checker or (withdrawn) by the maker,
//! `pending → expired` by the clock after [`LIFETIME_DAYS`]. Nothing leaves the last three. There is no state
//! between approved and executed: when the executor refuses, nothing is written and the command stays pending.
//!
//! Invariants: the checker is a member of staff, signed in, who holds the command's permission at that moment,
//! and is another person than the maker, whichever role or API key either used (the table refuses it too).
//! The command has not changed: its digest is compared with the row and with the audit log, which is
//! append-only and sealed. Two racing checkers meet at the row's lock; one of them decides.
//!
//! What a command would do is told before the decision ([`Effect`]): its slice asks the ledger to decide without
//! writing, so that whoever agrees sees accounts, amounts and the balances after.
//!
//! Cost: a request is two statements, a decision four besides the executor's. Not here: more than two people,
//! delegation, who should be asked.

mod digest;
mod effect;
mod executors;
mod jobs;
mod model;
mod service;
mod store;

pub mod api;
pub mod console;

pub use api::{ApprovalResponse, EffectResponse};
pub use console::draw_effect;
pub use effect::{Effect, Movement, MovementSide};
pub use executors::{Executor, Executors, Forecast};
pub use jobs::register;
pub use model::{
    Approval, ApprovalError, ApprovalFilter, ApprovalState, ApprovalView, Command, LIFETIME_DAYS,
};
pub use service::{Waiting, approve, count_waiting, find, list, reject, request};
