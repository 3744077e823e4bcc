//! Taking jobs, running their handlers, and writing how they ended. The worker and the tests share it.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use kernel::Instant;
use sea_orm::DbErr;
use sea_orm::prelude::Uuid;
use tracing::Instrument;

use super::model::backoff;
use super::schedule::Schedule;
use super::{Job, JobFailure, JobSchedule, JobState, NewJob, Registry, ahead, service, store};
use crate::Bank;

/// A handler that takes longer has failed.
const LONGEST_RUN: Duration = Duration::from_mins(15);
/// How long a job taken by hand is held.
const LEASE_BY_HAND: chrono::Duration = chrono::Duration::minutes(20);

/// Counts what [`run_due`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Finished.
    pub done: usize,
    /// Failed, and waiting for another attempt.
    pub failed: usize,
    /// Failed for the last time.
    pub dead: usize,
}

/// Fires every schedule and runs every job that is due now, one after the other, until none is.
///
/// For tests, for a sandbox whose clock moves, and for commands that must leave nothing behind. Failed jobs
/// wait for their next attempt.
///
/// # Errors
/// `DbErr` when the jobs cannot be taken or their end cannot be written.
pub async fn run_due(bank: &Bank, registry: &Registry) -> Result<Ran, DbErr> {
    let mut ran = Ran::default();
    loop {
        fire_schedules(bank, registry).await?;
        let leased = lease(bank, 1, LEASE_BY_HAND).await?;
        let Some(job) = leased.into_iter().next() else {
            return Ok(ran);
        };
        match run(bank.clone(), registry, job).await? {
            JobState::Done => ran.done += 1,
            JobState::Dead => ran.dead += 1,
            JobState::Queued | JobState::Running => ran.failed += 1,
        }
    }
}

/// Fires the schedules whose stored slot lies before the slot of now.
pub(crate) async fn fire_schedules(bank: &Bank, registry: &Registry) -> Result<(), DbErr> {
    let stored = store::schedules(bank.db.read()).await?;
    let zone = bank.settings.business_timezone;
    for schedule in registry.schedules() {
        let Some(slot) = schedule.slot(bank.now(), zone) else {
            continue;
        };
        let fired =
            stored.iter().any(|row| row.name == schedule.name && !schedule.is_due(row.last_slot, slot));
        if !fired {
            fire(bank, schedule, slot).await?;
        }
    }
    Ok(())
}

/// Moves a schedule forward to `slot` and asks for its job, unless another node was first.
pub(crate) async fn fire(bank: &Bank, schedule: &Schedule, slot: Instant) -> Result<(), DbErr> {
    let tx = bank.db.begin().await?;
    if !store::insert_schedule(&tx, schedule.name, slot).await? {
        let row = store::lock_schedule(&tx, schedule.name).await?;
        let Some(row) = row.filter(|row| schedule.is_due(row.last_slot, slot)) else {
            return tx.rollback().await;
        };
        if slot < row.last_slot {
            ahead::bring_back(bank, &tx, &schedule.dedupe_key(slot)).await?;
        }
        let missed = schedule.missed_between(row.last_slot, slot, bank.settings.business_timezone);
        if missed > 0 {
            tracing::warn!(schedule.name, missed, "a schedule missed slots while no worker ran");
        }
        let last_missed_at = if missed > 0 { Some(bank.now()) } else { row.last_missed_at };
        let row = JobSchedule { last_slot: slot, missed: row.missed + missed, last_missed_at, ..row };
        store::update_schedule(&tx, row).await?;
    }
    let payload = serde_json::json!({ "slot": slot });
    let job = NewJob { dedupe_key: Some(schedule.dedupe_key(slot)), ..NewJob::new(schedule.kind, payload) };
    let job = Job { beat: schedule.is_beat(), ..service::row(bank, job) };
    store::insert_unless_known(&tx, job).await?;
    tx.commit().await
}

/// Takes up to `limit` due jobs under a lease. A job whose last attempt lost its lease is dead instead.
pub(crate) async fn lease(bank: &Bank, limit: u64, lasts: chrono::Duration) -> Result<Vec<Job>, DbErr> {
    // Only a hint: what it overlooks is found half a second later.
    if !store::is_any_due(bank.db.read(), bank.now()).await? {
        return Ok(Vec::new());
    }
    let tx = bank.db.begin().await?;
    let now = bank.now();
    let due = store::lock_due(&tx, now, limit).await?;
    let (spent, fresh): (Vec<_>, Vec<_>) = due.into_iter().partition(|job| job.attempts >= job.most_attempts);
    for job in spent {
        tracing::error!(job.id = %job.id, job.name = job.kind, "a job lost its last lease: dead");
        let failure = JobFailure::permanent("the worker disappeared during the last attempt");
        store::update(&tx, after_failure(bank, job, &failure)).await?;
    }
    let token = uuid::Builder::from_random_bytes(bank.random.bytes()).into_uuid();
    let ids: Vec<_> = fresh.iter().map(|job| job.id).collect();
    let until = now + lasts;
    if !ids.is_empty() {
        store::start(&tx, &ids, token, until).await?;
    }
    tx.commit().await?;
    let taken = fresh.into_iter().map(|job| Job {
        state: JobState::Running,
        attempts: job.attempts + 1,
        leased_until: Some(until),
        lease_token: Some(token),
        ..job
    });
    Ok(taken.collect())
}

/// Runs a leased job's handler and writes how it ended; returns the state it has now.
pub(crate) async fn run(bank: Bank, registry: &Registry, job: Job) -> Result<JobState, DbErr> {
    let span = tracing::info_span!("job", job.id = %job.id, job.name = %job.kind, attempt = job.attempts);
    let outcome = handle(&bank, registry, &job).instrument(span.clone()).await;
    let label = if outcome.is_ok() { "done" } else { "failed" };
    metrics::counter!("florin_jobs_total", "kind" => job.kind.clone(), "outcome" => label).increment(1);
    settle(&bank, job, outcome).instrument(span).await
}

async fn handle(bank: &Bank, registry: &Registry, job: &Job) -> Result<(), JobFailure> {
    let handler = registry.handler(&job.kind);
    let handler = handler.ok_or_else(|| JobFailure::retry("this version knows no such kind of job"))?;
    let payload = job.payload.clone();
    let bank = bank.clone();
    // The handler is called inside the guard: even a panic before its first await is caught.
    let guarded = AssertUnwindSafe(async move { handler(bank, payload).await }).catch_unwind();
    match tokio::time::timeout(LONGEST_RUN, guarded).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(JobFailure::retry("the handler panicked")),
        Err(_) => Err(JobFailure::retry("the handler took too long")),
    }
}

async fn settle(bank: &Bank, job: Job, outcome: Result<(), JobFailure>) -> Result<JobState, DbErr> {
    let token = job.lease_token.unwrap_or_else(Uuid::nil);
    let (id, beat) = (job.id, job.beat);
    let ended = match outcome {
        Ok(()) => {
            let finished_at = Some(bank.now());
            Job { state: JobState::Done, finished_at, last_error: None, ..job }
        }
        Err(failure) => {
            let ended = after_failure(bank, job, &failure);
            log_failure(&ended);
            ended
        }
    };
    let state = ended.state;
    let tx = bank.db.begin().await?;
    let held = if beat && state == JobState::Done {
        store::remove(&tx, id, token).await?
    } else {
        store::finish(&tx, ended, token).await?
    };
    tx.commit().await?;
    if !held {
        tracing::warn!(job.id = %id, "a job ended after its lease was lost; it runs again");
    }
    Ok(state)
}

fn after_failure(bank: &Bank, job: Job, failure: &JobFailure) -> Job {
    let now = bank.now();
    let last_error = Some(failure.message());
    if failure.may_retry(job.attempts, job.most_attempts) {
        let run_at = now + backoff(job.attempts, &bank.random);
        return Job { state: JobState::Queued, run_at, last_error, ..job };
    }
    // A dead beat gives its key back: the schedule goes on, the dead letter keeps what went wrong.
    let dedupe_key = job.dedupe_key.filter(|_| !job.beat);
    let finished_at = Some(now);
    let (leased_until, lease_token) = (None, None);
    Job { state: JobState::Dead, finished_at, last_error, dedupe_key, leased_until, lease_token, ..job }
}

fn log_failure(job: &Job) {
    let reason = job.last_error.as_deref().unwrap_or_default();
    if job.state == JobState::Dead {
        metrics::counter!("florin_jobs_dead_total", "kind" => job.kind.clone()).increment(1);
        tracing::error!(job.id = %job.id, job.name = job.kind, reason, "a job is dead");
    } else {
        tracing::warn!(job.id = %job.id, job.name = job.kind, reason, "a job failed and is tried again");
    }
}
