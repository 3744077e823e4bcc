//! The ledger against a napkin: the same random operations on both, and the same answers.
//!
//! A proptest state machine. Each step is a seed: what it asks follows from the seed and from what the napkin holds
//! by then, so that a failing run shrinks to the steps it needs, and prints what these did.
//! `LEDGER_MODEL_RUNS` and `LEDGER_MODEL_STEPS` make it longer (`cargo xtask model` does), `LEDGER_MODEL_SEED` begins
//! elsewhere.

mod asks;
mod drive;
mod naive;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use tokio::runtime::Runtime;

use drive::Drive;

/// What a run of the usual size must have met.
const ANSWERS: [&str; 28] = [
    "posted",
    "pending",
    "capture",
    "release",
    "reversal",
    "already",
    "id_reused",
    "amount_not_positive",
    "same_account",
    "transfer_not_found",
    "not_a_hold",
    "nothing_to_reverse",
    "is_reversal",
    "already_reversed",
    "hold_not_pending",
    "hold_expired",
    "expiry_in_past",
    "capture_exceeds_hold",
    "group_incomplete",
    "account_not_found",
    "currency_differs",
    "effective_in_future",
    "effective_in_past",
    "month_closed",
    "debit_account_status",
    "credit_account_status",
    "insufficient_funds",
    "out_of_range",
];

/// How many walk at once, each from a seed of its own: a fixed number, so that a seed means the same on every machine.
const LANES: u64 = 2;

/// Counts the answers of all runs, and keeps the operations of the last run that failed.
static SEEN: Mutex<BTreeMap<&str, u64>> = Mutex::new(BTreeMap::new());
static FAILED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Draws the steps; the napkin itself stands in [`Drive`], beside the ledger that it is compared with.
struct Steps;

impl ReferenceStateMachine for Steps {
    type State = ();
    type Transition = u64;

    fn init_state() -> BoxedStrategy<()> {
        Just(()).boxed()
    }

    fn transitions((): &()) -> BoxedStrategy<u64> {
        any::<u64>().no_shrink().boxed()
    }

    fn apply((): (), _: &u64) {}
}

/// Walks through a run.
struct Walk {
    runtime: Runtime,
    drive: Drive,
}

impl StateMachineTest for Walk {
    type SystemUnderTest = Self;
    type Reference = Steps;

    fn init_test((): &()) -> Self {
        let runtime = Runtime::new().unwrap();
        let drive = runtime.block_on(Drive::new());
        Self { runtime, drive }
    }

    fn apply(mut walk: Self, (): &(), seed: u64) -> Self {
        walk.runtime.block_on(walk.drive.step(seed));
        walk
    }

    fn teardown(mut walk: Self, (): ()) {
        walk.runtime.block_on(walk.drive.compare());
        for (answer, count) in &walk.drive.seen {
            *SEEN.lock().unwrap_or_else(PoisonError::into_inner).entry(answer).or_default() += count;
        }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *FAILED.lock().unwrap_or_else(PoisonError::into_inner) = std::mem::take(&mut self.drive.log);
        }
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Walks so many runs from a seed; says what went wrong, or nothing.
fn walk(runs: u64, steps: u64, seed: u64) -> Option<String> {
    let config = Config {
        cases: u32::try_from(runs).unwrap(),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_time: 20_000,
        ..Config::default()
    };
    let walks = Steps::sequential_strategy(usize::try_from(steps).unwrap());
    let walked = TestRunner::new(config.clone()).run(&walks, |(state, seeds, counter)| {
        Walk::test_sequential(config.clone(), state, seeds, counter);
        Ok(())
    });
    walked.err().map(|error| format!("LEDGER_MODEL_SEED={seed}: {error}"))
}

#[test]
fn the_ledger_says_what_the_napkin_says() {
    // A commit and a fresh database take their time on a busy server; the rules are the same.
    let on_server = std::env::var("FLORIN_TEST_DATABASE_URL").is_ok();
    let (runs, steps) = if on_server { (3, 120) } else { (5, 300) };
    let runs = setting("LEDGER_MODEL_RUNS").unwrap_or(runs);
    let steps = setting("LEDGER_MODEL_STEPS").unwrap_or(steps);
    let seed = setting("LEDGER_MODEL_SEED").unwrap_or(1);
    let lanes = LANES.min(runs);
    let went: Vec<_> = std::thread::scope(|scope| {
        let lane = |lane| {
            scope.spawn(move || walk(runs / lanes + u64::from(lane < runs % lanes), steps, seed + lane))
        };
        let walking: Vec<_> = (0..lanes).map(lane).collect();
        walking.into_iter().filter_map(|lane| lane.join().unwrap()).collect()
    });
    let failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
    assert!(went.is_empty(), "{}\n{failed}", went.join("\n"));
    let seen = SEEN.lock().unwrap();
    if runs * steps >= 1_500 {
        let unseen: Vec<_> = ANSWERS.iter().filter(|answer| !seen.contains_key(*answer)).collect();
        assert!(unseen.is_empty(), "the runs prove nothing about {unseen:?}: {seen:?}");
    }
    println!("{runs} runs of {steps} steps from seed {seed}: {seen:?}");
}
