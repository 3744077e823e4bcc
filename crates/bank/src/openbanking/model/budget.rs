//! Which call may be made now: the bank's four a day, pauses after failures, and providers that are down.

use chrono::Duration;
use kernel::{Instant, Random};
use sea_orm::prelude::*;
use serde::{Deserialize, Serialize};

/// How many calls without the customer a bank answers (PSD2 RTS Art. 36(5)(b)).
const PER_DAY: usize = 4;
/// How many of them the schedule may use: the others are kept for events.
const SCHEDULED: usize = 2;
/// What a day is: the last 24 hours, not a date.
const DAY: Duration = Duration::hours(24);
/// The longest pause that a gateway may ask for.
const LONGEST_PAUSE: Duration = Duration::hours(1);

/// Says why a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The connection's own customer is asking, in a live session; such calls are not counted.
    Attended,
    /// Something was reported.
    Event,
    /// It is time.
    Scheduled,
}

/// Holds a call without the customer that was made: failed ones and repetitions count as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedCall {
    /// When.
    pub at: Instant,
    /// Why.
    pub purpose: Purpose,
}

/// Says whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Allowed,
    /// Not before this instant.
    NotBefore(Instant),
}

/// Judges a call by those made for the same connection, account and kind of question; in any order.
///
/// Attended calls among them are not counted. A clock that was set back does not give calls back.
pub fn decide(made: &[CountedCall], purpose: Purpose, now: Instant) -> Verdict {
    if purpose == Purpose::Attended {
        return Verdict::Allowed;
    }
    let recent = |of: &dyn Fn(Purpose) -> bool| {
        let counted = made.iter().filter(|call| now - call.at < DAY && of(call.purpose));
        let mut instants: Vec<Instant> = counted.map(|call| call.at).collect();
        instants.sort_unstable();
        instants
    };
    let all = free_at(&recent(&|purpose| purpose != Purpose::Attended), PER_DAY);
    let scheduled = match purpose {
        Purpose::Scheduled => free_at(&recent(&|purpose| purpose == Purpose::Scheduled), SCHEDULED),
        Purpose::Attended | Purpose::Event => None,
    };
    // The later of the two; none is earlier than any.
    all.max(scheduled).map_or(Verdict::Allowed, Verdict::NotBefore)
}

/// Returns when fewer than `most` of the calls, oldest first, are within a day; none when that is so now.
fn free_at(calls: &[Instant], most: usize) -> Option<Instant> {
    let surplus = calls.len().checked_sub(most)?;
    Some(calls[surplus] + DAY)
}

/// Returns when the bank will answer again after it said that the calls are spent, whatever we have counted.
pub fn quota_ends_at(made: &[CountedCall], now: Instant) -> Instant {
    let counted = made.iter().filter(|call| call.purpose != Purpose::Attended && now - call.at < DAY);
    counted.map(|call| call.at).min().unwrap_or(now) + DAY
}

/// Says how long to wait after a failure of the moment: as long as a gateway says, within an hour, and no less than is usual;
/// then up to a tenth longer, so that those who failed together do not come back together.
pub fn pause(usual: Duration, retry_after: Option<std::time::Duration>, random: &Random) -> Duration {
    let asked = retry_after.map(|asked| Duration::from_std(asked).unwrap_or(LONGEST_PAUSE));
    let least = usual.max(asked.unwrap_or(usual).min(LONGEST_PAUSE));
    let bound = u64::try_from(least.num_milliseconds() / 10).unwrap_or_default();
    least + Duration::milliseconds(i64::try_from(random.below(bound + 1)).unwrap_or_default())
}

/// Keeps calls away from a provider that is down: closed, then open for a while, then one call to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circuit {
    failures: u32,
    open_until: Option<Instant>,
}

/// How many failures in a row open the circuit.
const FAILURES: u32 = 5;
/// For how long at first; each further failure doubles it.
const FIRST_BREAK: Duration = Duration::minutes(1);
/// And at most.
const LONGEST_BREAK: Duration = Duration::hours(1);

impl Circuit {
    /// Takes what was stored.
    pub const fn restored(failures: u32, open_until: Option<Instant>) -> Self {
        Self { failures, open_until }
    }

    /// Returns the failures in a row, and until when it is open, to be stored.
    pub const fn parts(&self) -> (u32, Option<Instant>) {
        (self.failures, self.open_until)
    }

    /// Judges a call to the provider.
    pub fn decide(&self, now: Instant) -> Verdict {
        match self.open_until {
            Some(until) if now < until => Verdict::NotBefore(until),
            _ => Verdict::Allowed,
        }
    }

    /// Notes a call that the provider answered, refusals included.
    pub const fn succeeded(self) -> Self {
        Self { failures: 0, open_until: None }
    }

    /// Notes a call that the provider failed.
    pub fn failed(self, now: Instant) -> Self {
        let failures = self.failures.saturating_add(1);
        let over = failures.checked_sub(FAILURES);
        let pause = over.map(|over| (FIRST_BREAK * 2_i32.saturating_pow(over.min(10))).min(LONGEST_BREAK));
        Self { failures, open_until: pause.map(|pause| now + pause) }
    }
}

#[cfg(test)]
mod tests {
    use Purpose::{Attended, Event, Scheduled};

    use super::*;

    fn now() -> Instant {
        "2026-11-19T12:00:00Z".parse().expect("an instant")
    }

    fn made(calls: &[(i64, Purpose)]) -> Vec<CountedCall> {
        calls
            .iter()
            .map(|(hours, purpose)| CountedCall { at: now() - Duration::hours(*hours), purpose: *purpose })
            .collect()
    }

    #[test]
    fn four_calls_a_day_are_shared_out() {
        let not_before = |hours| Verdict::NotBefore(now() + Duration::hours(hours));
        for (calls, purpose, expected) in [
            (vec![], Scheduled, Verdict::Allowed),
            (vec![(1, Scheduled)], Scheduled, Verdict::Allowed),
            (vec![(6, Scheduled), (1, Scheduled)], Scheduled, not_before(18)),
            (vec![(6, Scheduled), (1, Scheduled)], Event, Verdict::Allowed),
            (vec![(6, Scheduled), (5, Scheduled), (4, Event)], Event, Verdict::Allowed),
            (vec![(6, Scheduled), (5, Scheduled), (4, Event), (3, Event)], Event, not_before(18)),
            (vec![(23, Event), (3, Event), (2, Event), (1, Event)], Event, not_before(1)),
            (vec![(23, Event), (3, Event), (2, Event), (1, Event)], Scheduled, not_before(1)),
            (vec![(20, Event), (3, Event), (2, Event)], Scheduled, Verdict::Allowed),
            (vec![(2, Event), (9, Scheduled), (20, Event), (3, Scheduled)], Scheduled, not_before(15)),
            (vec![(24, Event), (3, Event), (2, Event), (1, Event)], Event, Verdict::Allowed),
            (vec![(5, Event), (4, Event), (3, Event), (2, Event), (1, Event)], Event, not_before(20)),
            (vec![(3, Event), (2, Event), (2, Event), (1, Event)], Attended, Verdict::Allowed),
            (vec![(3, Attended), (2, Attended), (2, Attended), (1, Attended)], Event, Verdict::Allowed),
        ] {
            assert_eq!(decide(&made(&calls), purpose, now()), expected, "{calls:?} {purpose:?}");
        }
    }

    #[test]
    fn what_is_allowed_next_is_allowed_then() {
        for seed in 0..200 {
            let random = Random::seeded(seed);
            let (mut calls, mut at) = (Vec::new(), now());
            for _ in 0..20 {
                let purpose = if random.below(2) == 0 { Scheduled } else { Event };
                if let Verdict::NotBefore(next) = decide(&calls, purpose, at) {
                    assert!(matches!(
                        decide(&calls, purpose, next - Duration::microseconds(1)),
                        Verdict::NotBefore(_)
                    ));
                    at = next;
                }
                assert_eq!(decide(&calls, purpose, at), Verdict::Allowed, "seed {seed}");
                calls.push(CountedCall { at, purpose });
                let within = calls.iter().filter(|call| at - call.at < DAY).count();
                assert!(within <= PER_DAY, "seed {seed}");
                at += Duration::minutes(i64::try_from(random.below(600)).expect("minutes"));
            }
        }
    }

    #[test]
    fn a_clock_that_was_set_back_gives_no_calls_back() {
        let ahead = made(&[(-1, Event), (-1, Event), (-1, Event), (-1, Event)]);
        assert!(matches!(decide(&ahead, Event, now()), Verdict::NotBefore(_)));
    }

    #[test]
    fn the_banks_own_refusal_waits_a_day_from_the_oldest_call() {
        assert_eq!(
            quota_ends_at(&made(&[(20, Event), (1, Event), (23, Attended)]), now()),
            now() + Duration::hours(4)
        );
        assert_eq!(quota_ends_at(&[], now()), now() + Duration::hours(24));
    }

    #[test]
    fn a_pause_is_what_the_gateway_says_within_bounds_and_no_two_are_the_same() {
        let random = Random::seeded(1);
        let usual = Duration::minutes(5);
        for (asked, least) in [(None, 5), (Some(60), 5), (Some(1200), 20), (Some(100_000), 60)] {
            let asked = asked.map(std::time::Duration::from_secs);
            let drawn: Vec<Duration> = (0..50).map(|_| pause(usual, asked, &random)).collect();
            let least = Duration::minutes(least);
            assert!(drawn.iter().all(|pause| *pause >= least && *pause <= least * 11 / 10), "{asked:?}");
            assert!(drawn.iter().any(|pause| *pause != drawn[0]), "{asked:?}");
        }
    }

    #[test]
    fn five_failures_open_the_circuit_and_one_success_closes_it() {
        let mut circuit = Circuit::default();
        for _ in 0..4 {
            circuit = circuit.failed(now());
            assert_eq!(circuit.decide(now()), Verdict::Allowed);
        }
        circuit = circuit.failed(now());
        assert_eq!(circuit.decide(now()), Verdict::NotBefore(now() + Duration::minutes(1)));
        let later = now() + Duration::minutes(1);
        assert_eq!(circuit.decide(later), Verdict::Allowed, "one call to see");
        circuit = circuit.failed(later);
        assert_eq!(circuit.decide(later), Verdict::NotBefore(later + Duration::minutes(2)));
        assert_eq!(circuit.succeeded().decide(later), Verdict::Allowed);
        let worn = (0..100).fold(circuit, |circuit, _| circuit.failed(later));
        assert_eq!(worn.decide(later), Verdict::NotBefore(later + Duration::hours(1)));
    }
}
