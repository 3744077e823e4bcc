//! What every use case needs.

use std::sync::Arc;

use database::Database;
use kernel::{Clock, Instant, Random};

use crate::Settings;

/// Carries the database, the clock, chance and the settings; clones share them.
#[derive(Clone, Debug)]
pub struct Bank {
    /// The database.
    pub db: Database,
    /// The clock; a sandbox moves it.
    pub clock: Clock,
    /// Chance.
    pub random: Random,
    /// What the operator chose at start.
    pub settings: Arc<Settings>,
}

impl Bank {
    /// Returns the current instant in whole microseconds.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }
}
