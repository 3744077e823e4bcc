//! Every kind of background work of the bank, put together.

use crate::jobs::{self, Registry};

/// Names every handler and every schedule.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    jobs::register(&mut registry);
    registry
}
