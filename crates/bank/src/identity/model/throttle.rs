//! How failures to prove oneself slow the next attempt down.

use chrono::Duration;
use kernel::Instant;
use sea_orm::entity::prelude::*;

/// Says what failures are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum ThrottleScope {
    /// One account, known or not: five in a row, then a growing wait (PSD2 RTS Art. 4(3)(b)).
    #[sea_orm(string_value = "account")]
    Account,
    /// One address: many accounts tried from one place.
    #[sea_orm(string_value = "address")]
    Address,
    /// Mails to one address that nobody signed in asked for.
    #[sea_orm(string_value = "mail")]
    Mail,
    /// Look-ups of other people by one user.
    #[sea_orm(string_value = "lookup")]
    Lookup,
}

/// Mirrors the table `throttles`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "throttles")]
pub struct Model {
    /// What is counted by.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: ThrottleScope,
    /// Which, as a keyed hash.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: Vec<u8>,
    /// How many so far.
    pub failures: i64,
    /// Since when they are counted: the last failure of an account, the first of a window elsewhere.
    pub since: Instant,
    /// Until when nothing more is tried.
    pub locked_until: Option<Instant>,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub use Model as Throttle;

impl ThrottleScope {
    /// How many are let through before the lock.
    const fn allowed(self) -> i64 {
        match self {
            Self::Account => 5,
            Self::Address => 30,
            Self::Mail => 3,
            Self::Lookup => 20,
        }
    }

    /// After how long the count begins anew.
    fn memory(self) -> Duration {
        match self {
            Self::Account => Duration::hours(24),
            Self::Address => Duration::minutes(15),
            Self::Mail | Self::Lookup => Duration::hours(1),
        }
    }

    /// How long the lock holds after so many failures. A stranger can lock an account by failing, so the
    /// wait is bounded, and sessions that are open stay so.
    fn lock(self, failures: i64) -> Duration {
        match self {
            Self::Account => {
                let doublings = u32::try_from((failures - self.allowed()).clamp(0, 5)).unwrap_or(5);
                (Duration::minutes(1) * 2_i32.pow(doublings)).min(Duration::minutes(30))
            }
            Self::Address => Duration::minutes(15),
            Self::Mail | Self::Lookup => Duration::hours(1),
        }
    }
}

impl Model {
    /// Begins to count.
    pub fn begin(scope: ThrottleScope, subject: Vec<u8>, now: Instant) -> Self {
        Self { scope, subject, failures: 0, since: now, locked_until: None }
    }

    /// Returns how many whole seconds are left to wait at `now`, at least one, if any.
    pub fn wait_seconds(&self, now: Instant) -> Option<u32> {
        let left = self.locked_until? - now;
        (left > Duration::zero()).then(|| u32::try_from(left.num_seconds() + 1).unwrap_or(u32::MAX))
    }

    /// Counts one more, and locks when it is one too many.
    pub fn count(&mut self, now: Instant) {
        if now - self.since > self.scope.memory() {
            self.failures = 0;
            self.since = now;
        }
        if self.scope == ThrottleScope::Account {
            self.since = now;
        }
        self.failures += 1;
        if self.failures >= self.scope.allowed() {
            self.locked_until = Some(now + self.scope.lock(self.failures));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_lock_an_account_and_each_further_one_doubles_the_wait_up_to_half_an_hour() {
        let mut now: Instant = "2026-03-02T09:00:00Z".parse().expect("an instant");
        let mut throttle = Model::begin(ThrottleScope::Account, vec![], now);
        let mut waits = Vec::new();
        for _ in 0..12 {
            throttle.count(now);
            let wait = throttle.wait_seconds(now);
            waits.push(wait.map(|seconds| (seconds - 1) / 60));
            now += Duration::seconds(i64::from(wait.unwrap_or(1)));
        }
        let minutes = [None, None, None, None, Some(1), Some(2), Some(4), Some(8), Some(16)];
        assert_eq!(waits[..9], minutes);
        assert_eq!(waits[9..], [Some(30), Some(30), Some(30)]);
        throttle.count(now + Duration::hours(25));
        assert_eq!(throttle.failures, 1, "a day without failures is a new beginning");
    }
}
