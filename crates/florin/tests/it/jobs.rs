//! Background work: nothing is lost, nothing runs twice at once, and what fails stays visible.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bank::jobs::{
    JobError, JobFailure, JobFilter, JobState, NewJob, Ran, Registry, Worker, WorkerOptions, enqueue, list,
    replay, run_due, run_now, schedules,
};
use bank::{Bank, jobs::Job};
use kernel::{Instant, PageRequest};
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::harness::App;

const PATIENCE: Duration = Duration::from_secs(20);

/// Opens a bank whose clock stands at half past ten.
async fn bank() -> (Bank, App) {
    let app = App::new().await;
    app.bank.clock.move_to("2026-03-02T10:30:00Z".parse().expect("an instant"));
    (app.bank.clone(), app)
}

async fn ask(bank: &Bank, job: NewJob) {
    let tx = bank.db.begin().await.expect("a transaction");
    enqueue(bank, &tx, job).await.expect("enqueued");
    tx.commit().await.expect("committed");
}

async fn all(bank: &Bank) -> Vec<Job> {
    list(bank.db.read(), JobFilter::default(), PageRequest::first()).await.expect("a page").items
}

async fn only(bank: &Bank) -> Job {
    let mut jobs = all(bank).await;
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    jobs.remove(0)
}

/// Succeeds, fails, gives up or panics, as its payload says.
fn obey(_: Bank, payload: Value) -> futures_util::future::BoxFuture<'static, Result<(), JobFailure>> {
    Box::pin(async move {
        match payload["do"].as_str() {
            Some("succeed") => Ok(()),
            Some("fail") => Err(JobFailure::retry("the mail server is away")),
            Some("give up") => Err(JobFailure::permanent("the account is gone")),
            other => panic!("told to panic: {other:?}"),
        }
    })
}

fn obedient() -> Registry {
    let mut registry = Registry::default();
    registry.job("test.obey", obey);
    registry
}

fn told(to: &str) -> NewJob {
    NewJob { most_attempts: 3, ..NewJob::new("test.obey", json!({ "do": to })) }
}

#[tokio::test]
async fn a_job_exists_only_if_the_change_that_asked_for_it_commits() {
    let (bank, _app) = bank().await;
    let tx = bank.db.begin().await.expect("a transaction");
    enqueue(&bank, &tx, told("succeed")).await.expect("enqueued");
    tx.rollback().await.expect("rolled back");
    assert_eq!(all(&bank).await, []);
    ask(&bank, told("succeed")).await;
    let ran = run_due(&bank, &obedient()).await.expect("ran");
    assert_eq!(ran, Ran { done: 1, failed: 0, dead: 0 });
    let job = only(&bank).await;
    assert_eq!((job.state, job.attempts, job.finished_at), (JobState::Done, 1, Some(bank.now())));
}

#[tokio::test]
async fn a_known_dedupe_key_asks_for_nothing() {
    let (bank, _app) = bank().await;
    for _ in 0..2 {
        ask(&bank, NewJob { dedupe_key: Some("once".to_owned()), ..told("succeed") }).await;
    }
    only(&bank).await;
    run_due(&bank, &obedient()).await.expect("ran");
}

#[tokio::test]
async fn work_for_later_waits_for_its_time() {
    let (bank, _app) = bank().await;
    let later = bank.now() + chrono::Duration::hours(1);
    ask(&bank, NewJob { run_at: Some(later), ..told("succeed") }).await;
    assert_eq!(run_due(&bank, &obedient()).await.expect("ran"), Ran::default());
    bank.clock.advance(chrono::Duration::hours(1));
    assert_eq!(run_due(&bank, &obedient()).await.expect("ran").done, 1);
}

#[tokio::test]
async fn a_poisoned_job_backs_off_and_ends_in_the_dead_letter_from_which_it_is_replayed() {
    let (bank, app) = bank().await;
    app.leaves_jobs();
    for (told_to, reason) in [("fail", "the mail server is away"), ("panic", "the handler panicked")] {
        ask(&bank, told(told_to)).await;
        for attempt in 1..=3 {
            let ran = run_due(&bank, &obedient()).await.expect("ran");
            assert_eq!(ran.done, 0);
            let job = all(&bank).await.remove(0);
            assert_eq!((job.attempts, job.last_error.as_deref()), (attempt, Some(reason)));
            if attempt < 3 {
                assert_eq!(job.state, JobState::Queued);
                assert!(job.run_at > bank.now(), "it waits before it is tried again");
            }
            bank.clock.advance(chrono::Duration::seconds(10));
        }
        let job = all(&bank).await.remove(0);
        assert_eq!(job.state, JobState::Dead);
        assert_eq!(run_due(&bank, &obedient()).await.expect("ran"), Ran::default(), "the dead do not run");
        let tx = bank.db.begin().await.expect("a transaction");
        let job = replay(&tx, job.id, bank.now()).await.expect("replayed");
        assert_eq!((job.state, job.attempts), (JobState::Queued, 0));
        let again = replay(&tx, job.id, bank.now()).await.expect_err("it is queued");
        assert!(matches!(again, JobError::WrongState(JobState::Queued)));
        tx.commit().await.expect("committed");
        assert_eq!(run_due(&bank, &obedient()).await.expect("ran").failed, 1);
        bank.clock.advance(chrono::Duration::days(1));
        let tx = bank.db.begin().await.expect("a transaction");
        run_now(&tx, job.id, bank.now()).await.expect("it runs early");
        tx.commit().await.expect("committed");
    }
}

#[tokio::test]
async fn a_permanent_failure_and_an_unknown_kind_stay_visible() {
    let (bank, _app) = bank().await;
    ask(&bank, told("give up")).await;
    assert_eq!(run_due(&bank, &obedient()).await.expect("ran").dead, 1);
    ask(&bank, NewJob { most_attempts: 1, ..NewJob::new("test.unheard", Value::Null) }).await;
    assert_eq!(run_due(&bank, &obedient()).await.expect("ran").dead, 1);
    let dead = JobFilter { state: Some(JobState::Dead), ..JobFilter::default() };
    let dead = list(bank.db.read(), dead, PageRequest::first()).await.expect("a page");
    let reasons: Vec<_> = dead.items.iter().filter_map(|job| job.last_error.as_deref()).collect();
    assert_eq!(reasons, ["this version knows no such kind of job", "the account is gone"]);
}

#[tokio::test]
async fn the_list_is_paged_by_key_and_filtered() {
    let (bank, _app) = bank().await;
    for _ in 0..5 {
        ask(&bank, told("succeed")).await;
        bank.clock.advance(chrono::Duration::milliseconds(1));
    }
    let mut seen = Vec::new();
    let mut page = PageRequest { limit: 2, after: None };
    loop {
        let found = list(bank.db.read(), JobFilter::default(), page.clone()).await.expect("a page");
        seen.extend(found.items.into_iter().map(|job| job.id));
        let Some(next) = found.next else { break };
        page.after = Some(next);
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|newer, older| newer > older), "newest first, none twice");
    let other = JobFilter { kind: Some("test.other".to_owned()), ..JobFilter::default() };
    assert_eq!(list(bank.db.read(), other, PageRequest::first()).await.expect("a page").items, []);
    run_due(&bank, &obedient()).await.expect("ran");
}

static SLOTS: AtomicUsize = AtomicUsize::new(0);

fn scheduled() -> Registry {
    let mut registry = Registry::default();
    registry.job("test.slot", |_, _| {
        Box::pin(async {
            SLOTS.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
    });
    registry.cron("test.hourly", "0 0 * * * *", "test.slot");
    registry
}

#[tokio::test]
async fn a_schedule_fires_each_slot_once_and_catches_up_once_after_a_gap() {
    let (bank, _app) = bank().await;
    let before = SLOTS.load(Ordering::Relaxed);
    let fired = || SLOTS.load(Ordering::Relaxed) - before;
    run_due(&bank, &scheduled()).await.expect("ran");
    run_due(&bank, &scheduled()).await.expect("ran");
    assert_eq!(fired(), 1, "the slot of ten o'clock");
    bank.clock.advance(chrono::Duration::minutes(30));
    run_due(&bank, &scheduled()).await.expect("ran");
    assert_eq!(fired(), 2, "the slot of eleven o'clock");
    bank.clock.advance(chrono::Duration::hours(5));
    run_due(&bank, &scheduled()).await.expect("ran");
    assert_eq!(fired(), 3, "one run catches up");
    let stored = schedules(bank.db.read()).await.expect("rows").remove(0);
    assert_eq!((stored.missed, stored.last_missed_at), (4, Some(bank.now())), "and the gap is visible");
    assert_eq!(stored.last_slot, "2026-03-02T16:00:00Z".parse::<Instant>().expect("an instant"));
    let keys: Vec<_> = all(&bank).await.into_iter().filter_map(|job| job.dedupe_key).collect();
    assert_eq!(keys[0], "schedule:test.hourly:2026-03-02T16:00:00Z");
}

#[tokio::test]
async fn a_beat_leaves_no_row_when_it_succeeds_and_goes_on_after_it_died() {
    let (bank, _app) = bank().await;
    let mut registry = Registry::default();
    registry.job("test.beat", |bank, _| {
        Box::pin(async move {
            let healthy = bank.now() > "2026-03-02T12:00:00Z".parse::<Instant>().expect("an instant");
            if healthy { Ok(()) } else { Err(JobFailure::permanent("not yet")) }
        })
    });
    registry.every("test.beat", 5, "test.beat");
    assert_eq!(run_due(&bank, &registry).await.expect("ran").dead, 1);
    bank.clock.advance(chrono::Duration::hours(2));
    assert_eq!(run_due(&bank, &registry).await.expect("ran").done, 1);
    bank.clock.advance(chrono::Duration::seconds(4));
    assert_eq!(run_due(&bank, &registry).await.expect("ran"), Ran::default());
    assert_eq!(only(&bank).await.state, JobState::Dead, "only what failed is kept");
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_left_behind_is_brought_back_with_it() {
    let (bank, app) = bank().await;
    let mut registry = obedient();
    registry.job("test.ahead", |bank, _| {
        Box::pin(async move {
            let ahead = bank.now() > "2027-01-01T00:00:00Z".parse::<Instant>().expect("an instant");
            if ahead { Err(JobFailure::retry("the clock is ahead")) } else { Ok(()) }
        })
    });
    registry.every("test.ahead", 5, "test.ahead");
    let present = bank.now();
    bank.clock.move_to("2038-01-19T03:14:07Z".parse().expect("an instant"));
    assert_eq!(
        run_due(&bank, &registry).await.expect("ran").failed,
        1,
        "the beat waits for its next attempt"
    );
    let in_an_hour = bank.now() + chrono::Duration::hours(1);
    ask(&bank, told("succeed")).await;
    ask(&bank, NewJob { run_at: Some(in_an_hour), ..told("succeed") }).await;
    bank.clock.move_to(present);
    assert_eq!(run_due(&bank, &registry).await.expect("ran").done, 2, "the beat, and the work for at once");
    let waiting = all(&bank).await.into_iter().find(|job| job.state == JobState::Queued).expect("a job");
    assert_eq!(waiting.run_at, present + chrono::Duration::hours(1), "what was for later is for later");
    app.leaves_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_of_the_future_lasts_a_minute_once_the_clock_is_set_back() {
    static AHEAD: Notify = Notify::const_new();
    let (bank, app) = bank().await;
    let mut registry = Registry::default();
    registry.job("test.stuck", |_, _| {
        Box::pin(async {
            AHEAD.notify_one();
            std::future::pending().await
        })
    });
    registry.every("test.stuck", 5, "test.stuck");
    let present = bank.now();
    bank.clock.move_to("2038-01-19T03:14:07Z".parse().expect("an instant"));
    let worker = Worker::new(bank.clone(), registry.clone(), WorkerOptions::default());
    let worker = tokio::spawn(worker.work(CancellationToken::new()));
    timeout(PATIENCE, AHEAD.notified()).await.expect("in time");
    worker.abort();
    assert!(worker.await.expect_err("aborted").is_cancelled());
    bank.clock.move_to(present);
    assert_eq!(run_due(&bank, &registry).await.expect("ran"), Ran::default(), "it may still be at work");
    let job = only(&bank).await;
    assert_eq!(job.leased_until, Some(present + chrono::Duration::minutes(1)));
    app.leaves_jobs();
}

static SHARED: AtomicUsize = AtomicUsize::new(0);
static ALL_DONE: Semaphore = Semaphore::const_new(0);

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_share_the_work_and_run_each_job_and_slot_once() {
    let (bank, _app) = bank().await;
    let mut registry = Registry::default();
    registry.job("test.shared", |_, _| {
        Box::pin(async {
            SHARED.fetch_add(1, Ordering::Relaxed);
            ALL_DONE.add_permits(1);
            Ok(())
        })
    });
    registry.cron("test.shared", "0 0 * * * *", "test.shared");
    for _ in 0..40 {
        ask(&bank, NewJob::new("test.shared", Value::Null)).await;
    }
    let stop = CancellationToken::new();
    let options = WorkerOptions { poll: Duration::from_millis(20), ..WorkerOptions::default() };
    let workers: Vec<_> = (0..3)
        .map(|_| tokio::spawn(Worker::new(bank.clone(), registry.clone(), options).work(stop.clone())))
        .collect();
    let permits = timeout(PATIENCE, ALL_DONE.acquire_many(41)).await.expect("in time").expect("open");
    drop(permits);
    stop.cancel();
    for worker in workers {
        worker.await.expect("a worker that stops");
    }
    assert_eq!(SHARED.load(Ordering::Relaxed), 41);
    assert_eq!(run_due(&bank, &registry).await.expect("ran"), Ran::default());
    assert!(all(&bank).await.iter().all(|job| job.state == JobState::Done && job.attempts == 1));
}

static STARTED: Notify = Notify::const_new();

fn stuck() -> Registry {
    let mut registry = Registry::default();
    registry.job("test.stuck", |_, _| {
        Box::pin(async {
            STARTED.notify_one();
            std::future::pending::<()>().await;
            Ok(())
        })
    });
    registry
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_hands_back_what_does_not_finish_in_time() {
    let (bank, app) = bank().await;
    app.leaves_jobs();
    ask(&bank, NewJob::new("test.stuck", Value::Null)).await;
    let stop = CancellationToken::new();
    let options = WorkerOptions { grace: Duration::from_millis(50), ..WorkerOptions::default() };
    let worker = tokio::spawn(Worker::new(bank.clone(), stuck(), options).work(stop.clone()));
    timeout(PATIENCE, STARTED.notified()).await.expect("in time");
    assert_eq!(only(&bank).await.state, JobState::Running);
    stop.cancel();
    timeout(PATIENCE, worker).await.expect("in time").expect("a worker that stops");
    let job = only(&bank).await;
    assert_eq!((job.state, job.attempts, job.leased_until), (JobState::Queued, 0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_runs_out_is_taken_over_and_its_last_loss_is_the_jobs_death() {
    let (bank, _app) = bank().await;
    let twice = NewJob { most_attempts: 2, ..NewJob::new("test.stuck", Value::Null) };
    ask(&bank, twice).await;
    for attempt in 1..=2 {
        // A worker that disappears: dropped without a stop, its lease stays behind.
        let worker = Worker::new(bank.clone(), stuck(), WorkerOptions::default());
        let worker = tokio::spawn(worker.work(CancellationToken::new()));
        timeout(PATIENCE, STARTED.notified()).await.expect("in time");
        worker.abort();
        assert!(worker.await.expect_err("aborted").is_cancelled());
        assert_eq!(run_due(&bank, &stuck()).await.expect("ran"), Ran::default(), "still leased");
        let job = only(&bank).await;
        assert_eq!((job.state, job.attempts), (JobState::Running, attempt));
        bank.clock.advance(chrono::Duration::seconds(61));
    }
    assert_eq!(run_due(&bank, &stuck()).await.expect("ran"), Ran::default());
    let job = only(&bank).await;
    assert_eq!((job.state, job.leased_until), (JobState::Dead, None));
    assert_eq!(job.last_error.as_deref(), Some("the worker disappeared during the last attempt"));
}
