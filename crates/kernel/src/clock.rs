//! The clock as an input: instants in whole microseconds, and the business date they fall on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, NaiveDate, SubsecRound, Utc};
use chrono_tz::Tz;

/// Marks a point in time, UTC, in whole microseconds (PostgreSQL's precision).
pub type Instant = DateTime<Utc>;

/// Tells the time; a fixed clock stands still until it is moved.
///
/// Copies share one state: moving one moves all.
#[derive(Clone, Debug)]
pub struct Clock {
    base: Base,
    offset_microseconds: Arc<AtomicI64>,
}

#[derive(Clone, Copy, Debug)]
enum Base {
    System,
    Fixed(Instant),
}

impl Clock {
    /// Follows the machine's clock.
    pub fn system() -> Self {
        Self { base: Base::System, offset_microseconds: Arc::default() }
    }

    /// Stands still at `at` until [`Clock::advance`] or [`Clock::move_to`] moves it.
    pub fn fixed(at: Instant) -> Self {
        Self { base: Base::Fixed(at.trunc_subsecs(6)), offset_microseconds: Arc::default() }
    }

    /// Returns the current instant in whole microseconds.
    pub fn now(&self) -> Instant {
        self.base_now() + Duration::microseconds(self.offset_microseconds.load(Ordering::Relaxed))
    }

    /// Moves the clock forward, or back by a negative duration.
    pub fn advance(&self, by: Duration) {
        let microseconds = by.num_microseconds().unwrap_or(i64::MAX);
        self.offset_microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// Moves the clock so that it shows `at` now and runs on from there.
    pub fn move_to(&self, at: Instant) {
        self.set_offset(at.trunc_subsecs(6) - self.base_now());
    }

    /// Returns how far this clock is from the one it rests on.
    pub fn offset(&self) -> Duration {
        Duration::microseconds(self.offset_microseconds.load(Ordering::Relaxed))
    }

    /// Sets how far this clock is from the one it rests on; zero undoes every move.
    pub fn set_offset(&self, offset: Duration) {
        let microseconds = offset.num_microseconds().unwrap_or(i64::MAX);
        self.offset_microseconds.store(microseconds, Ordering::Relaxed);
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    fn base_now(&self) -> Instant {
        match self.base {
            Base::System => Utc::now().trunc_subsecs(6),
            Base::Fixed(at) => at,
        }
    }
}

/// Returns the calendar date that `at` falls on in the bank's time zone.
///
/// This is the date by the clock alone; the ledger's business date moves with its end-of-day job.
pub fn date_in(at: Instant, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_fixed_clock_stands_still_until_it_is_moved() {
        let clock = Clock::fixed(at("2026-03-01T12:00:00.123456789Z"));
        assert_eq!(clock.now(), at("2026-03-01T12:00:00.123456Z"), "nanoseconds are cut");
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::hours(25));
        assert_eq!(clock.now(), at("2026-03-02T13:00:00.123456Z"));
        clock.move_to(at("2026-01-01T00:00:00Z"));
        assert_eq!(clock.now(), at("2026-01-01T00:00:00Z"));
    }

    #[test]
    fn copies_of_a_clock_move_together() {
        let clock = Clock::fixed(at("2026-03-01T00:00:00Z"));
        let copy = clock.clone();
        clock.advance(Duration::seconds(5));
        assert_eq!(copy.now(), at("2026-03-01T00:00:05Z"));
    }

    #[test]
    fn the_business_date_is_read_in_the_banks_zone() {
        let late = at("2026-06-30T23:30:00Z");
        assert_eq!(date_in(late, chrono_tz::Europe::London).to_string(), "2026-07-01");
        assert_eq!(date_in(late, chrono_tz::America::New_York).to_string(), "2026-06-30");
    }
}
