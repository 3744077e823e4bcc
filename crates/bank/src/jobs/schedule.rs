//! When schedules fire: slots in time, each fired once by whoever moves the schedule forward first.

use std::fmt;

use chrono::DateTime;
use chrono_tz::Tz;
use kernel::Instant;

/// Holds the state of one schedule as it is stored.
pub mod job_schedule {
    use kernel::Instant;
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `job_schedules`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "job_schedules")]
    pub struct Model {
        /// The schedule's name.
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        /// The last slot that fired.
        pub last_slot: Instant,
        /// How many slots passed unfired while no worker ran.
        pub missed: i64,
        /// When the last such gap was found.
        pub last_missed_at: Option<Instant>,
    }

    /// None: a schedule's jobs name it by their dedupe key.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use job_schedule::Model as JobSchedule;

/// Runs one kind of job by the clock.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The schedule's name, which its stored state goes by.
    pub name: &'static str,
    /// Which job it asks for.
    pub kind: &'static str,
    /// When.
    pub rhythm: Rhythm,
}

/// Says when a schedule fires.
#[derive(Clone, Debug)]
pub enum Rhythm {
    /// At every multiple of so many seconds since 1970.
    Every {
        /// The period.
        seconds: i64,
    },
    /// By a cron expression in the bank's business time zone.
    Cron(Box<cron::Schedule>),
}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every { seconds } => {
                let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
                let (unit, name) =
                    units.into_iter().find(|(unit, _)| seconds % unit == 0).unwrap_or((1, "s"));
                write!(f, "every {} {name}", seconds / unit)
            }
            Self::Cron(expression) => expression.fmt(f),
        }
    }
}

/// How far the clocks of two nodes are apart at most, in seconds.
pub(crate) const CLOCKS_DIFFER: i64 = 60;
/// The most missed slots that are counted one by one.
const MOST_COUNTED: usize = 10_000;

impl Schedule {
    /// Says whether the schedule is a beat: frequent, and not worth a row that stays.
    pub fn is_beat(&self) -> bool {
        matches!(self.rhythm, Rhythm::Every { .. })
    }

    /// Says whether `slot` is to be fired after `last`: where it is later, and for a beat also where it is so much
    /// earlier that a clock was set back since. A calendar waits until the clock has caught up: its slots run once.
    pub fn is_due(&self, last: Instant, slot: Instant) -> bool {
        match self.rhythm {
            // Clocks of nodes differ by less.
            Rhythm::Every { seconds } => {
                slot > last || (last - slot).num_seconds() > CLOCKS_DIFFER.max(2 * seconds)
            }
            Rhythm::Cron(_) => slot > last,
        }
    }

    /// Returns the latest slot that is not after `now`.
    pub fn slot(&self, now: Instant, zone: Tz) -> Option<Instant> {
        match &self.rhythm {
            Rhythm::Every { seconds } => {
                let start = now.timestamp().div_euclid(*seconds) * seconds;
                DateTime::from_timestamp(start, 0)
            }
            Rhythm::Cron(expression) => {
                // The slot that begins this very second counts: look back from the next second.
                let next = DateTime::from_timestamp(now.timestamp() + 1, 0)?.with_timezone(&zone);
                expression.after(&next).next_back().map(|slot| slot.to_utc())
            }
        }
    }

    /// Returns the first slot after `now`.
    pub fn next_slot(&self, now: Instant, zone: Tz) -> Option<Instant> {
        match &self.rhythm {
            Rhythm::Every { seconds } => {
                DateTime::from_timestamp((now.timestamp().div_euclid(*seconds) + 1) * seconds, 0)
            }
            Rhythm::Cron(expression) => {
                expression.after(&now.with_timezone(&zone)).next().map(|slot| slot.to_utc())
            }
        }
    }

    /// Counts the slots strictly between two slots of a calendar; a beat misses nothing worth telling.
    pub fn missed_between(&self, last: Instant, slot: Instant, zone: Tz) -> i64 {
        let Rhythm::Cron(expression) = &self.rhythm else {
            return 0;
        };
        let later = expression.after(&last.with_timezone(&zone)).take(MOST_COUNTED);
        let missed = later.take_while(|between| between.to_utc() < slot).count();
        i64::try_from(missed).unwrap_or(i64::MAX)
    }

    /// Returns the key that makes a slot's job one job on every node.
    pub fn dedupe_key(&self, slot: Instant) -> String {
        match self.rhythm {
            Rhythm::Every { .. } => format!("schedule:{}", self.name),
            Rhythm::Cron(_) => format!("schedule:{}:{}", self.name, slot.format("%Y-%m-%dT%H:%M:%SZ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::London;

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    fn told(beat: &str, calendar: &str) -> (String, String) {
        (beat.to_owned(), calendar.to_owned())
    }

    fn cron(expression: &str) -> Schedule {
        let rhythm = Rhythm::Cron(Box::new(expression.parse().expect("an expression")));
        Schedule { name: "test", kind: "test", rhythm }
    }

    #[test]
    fn a_beat_is_told_in_the_largest_unit_that_fits() {
        for (seconds, told) in [(2, "2 s"), (60, "1 min"), (90, "90 s"), (21_600, "6 h"), (86_400, "1 d")] {
            assert_eq!(Rhythm::Every { seconds }.to_string(), format!("every {told}"));
        }
    }

    #[test]
    fn a_slot_begins_at_its_instant_and_lasts_until_the_next() {
        let every = Schedule { name: "beat", kind: "test", rhythm: Rhythm::Every { seconds: 5 } };
        let hourly = cron("0 0 * * * *");
        for (now, beat, hour) in [
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
            ("2026-03-01T10:00:04.999999Z", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
            ("2026-03-01T10:59:59.999999Z", "2026-03-01T10:59:55Z", "2026-03-01T10:00:00Z"),
        ] {
            assert_eq!(every.slot(at(now), London), Some(at(beat)), "{now}");
            assert_eq!(hourly.slot(at(now), London), Some(at(hour)), "{now}");
        }
        let (ten, eleven) = (at("2026-03-01T10:00:00Z"), at("2026-03-01T11:00:00Z"));
        assert_eq!(hourly.next_slot(ten, London), Some(eleven));
        assert_eq!(every.next_slot(ten, London), Some(at("2026-03-01T10:00:05Z")));
        assert_eq!((every.rhythm.to_string(), hourly.rhythm.to_string()), told("every 5 s", "0 0 * * * *"));
    }

    #[test]
    fn a_daily_slot_follows_the_banks_zone_through_its_summer() {
        let midnight = cron("0 0 0 * * *");
        assert_eq!(midnight.slot(at("2026-07-01T12:00:00Z"), London), Some(at("2026-06-30T23:00:00Z")));
        assert_eq!(midnight.slot(at("2026-01-01T12:00:00Z"), London), Some(at("2026-01-01T00:00:00Z")));
        let missed = midnight.missed_between(at("2026-03-27T00:00:00Z"), at("2026-03-30T23:00:00Z"), London);
        assert_eq!(missed, 3, "the 28th, the 29th and the 30th, the last of which is in summer time");
    }

    #[test]
    fn a_beat_goes_on_when_the_clock_was_set_back_and_a_calendar_waits() {
        let beat = Schedule { name: "beat", kind: "test", rhythm: Rhythm::Every { seconds: 2 } };
        let (now, hourly) = (at("2026-03-01T10:00:00Z"), cron("0 0 * * * *"));
        for (last, beats, strikes) in [
            ("2026-03-01T09:59:58Z", true, true),
            ("2026-03-01T10:00:00Z", false, false),
            ("2026-03-01T10:00:58Z", false, false),
            ("2026-03-01T11:00:00Z", true, false),
            ("2038-01-19T03:14:08Z", true, false),
        ] {
            assert_eq!(beat.is_due(at(last), now), beats, "after {last}");
            assert_eq!(hourly.is_due(at(last), now), strikes, "after {last}");
        }
    }

    #[test]
    fn neighboring_slots_miss_nothing() {
        let hourly = cron("0 0 * * * *");
        let (ten, eleven) = (at("2026-03-01T10:00:00Z"), at("2026-03-01T11:00:00Z"));
        assert_eq!(hourly.missed_between(ten, eleven, London), 0);
        assert_eq!(hourly.missed_between(ten, at("2026-03-01T14:00:00Z"), London), 3);
    }
}
