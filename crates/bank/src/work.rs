//! What the slices do beside answering requests, put together: background work, and commands of two people.

use crate::accounts;
use crate::approvals::{self, Executors};
use crate::challenges;
use crate::idempotency;
use crate::identity;
use crate::jobs::{self, Registry};
use crate::openbanking;
use crate::oversight;
use crate::transfers;

/// Names every handler of background work and every schedule.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    jobs::register(&mut registry);
    identity::register_jobs(&mut registry);
    challenges::register_jobs(&mut registry);
    approvals::register(&mut registry);
    idempotency::register(&mut registry);
    accounts::register_jobs(&mut registry);
    oversight::register(&mut registry);
    transfers::register(&mut registry);
    openbanking::register(&mut registry);
    registry
}

/// Names what carries out each command that needs a second person.
pub fn executors() -> Executors {
    let mut executors = Executors::default();
    oversight::executors(&mut executors);
    transfers::register_commands(&mut executors);
    executors
}
