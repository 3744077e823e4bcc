//! The ledger against a napkin: the same random operations on both, and the same answers.
//!
//! `LEDGER_MODEL_RUNS` and `LEDGER_MODEL_STEPS` make it longer, `LEDGER_MODEL_SEED` repeats one run. A failing run
//! prints its seed and its last operations.

mod asks;
mod drive;
mod naive;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

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

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[tokio::test]
async fn the_ledger_says_what_the_napkin_says() {
    let first = setting("LEDGER_MODEL_SEED");
    // A commit and a fresh database take their time on a busy server; the rules are the same.
    let on_server = std::env::var("FLORIN_TEST_DATABASE_URL").is_ok();
    let (runs, steps) = if on_server { (3, 120) } else { (5, 300) };
    let runs = if first.is_some() { 1 } else { setting("LEDGER_MODEL_RUNS").unwrap_or(runs) };
    let steps = setting("LEDGER_MODEL_STEPS").unwrap_or(steps);
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in first.unwrap_or(1)..first.unwrap_or(1) + runs {
        for (answer, count) in run(seed, steps).await {
            *seen.entry(answer).or_default() += count;
        }
    }
    if runs * steps >= 1_500 {
        let unseen: Vec<_> = ANSWERS.iter().filter(|answer| !seen.contains_key(*answer)).collect();
        assert!(unseen.is_empty(), "the run proves nothing about {unseen:?}: {seen:?}");
    }
}

/// Runs one seed; a failure says how to repeat it.
#[expect(clippy::print_stderr, reason = "a failing seed must be told")]
async fn run(seed: u64, steps: u64) -> BTreeMap<&'static str, u64> {
    let mut drive = Drive::new(seed).await;
    let walked = AssertUnwindSafe(async {
        for _ in 0..steps {
            drive.step().await;
        }
        drive.compare().await;
    });
    if let Err(panic) = walked.catch_unwind().await {
        let last = drive.log.len().saturating_sub(12);
        eprintln!("LEDGER_MODEL_SEED={seed} LEDGER_MODEL_STEPS={steps}\n{}", drive.log[last..].join("\n"));
        std::panic::resume_unwind(panic);
    }
    drive.seen
}
