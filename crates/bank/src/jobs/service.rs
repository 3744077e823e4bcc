//! Asking for background work, and what staff does with it.

use database::Tx;
use kernel::{Instant, JobId, Page, PageRequest};
use sea_orm::{ConnectionTrait, DbErr};
use tokio::sync::Notify;

use super::{Job, JobError, JobProgress, JobSchedule, JobState, NewJob, Queue, Schedule, store};
use crate::Bank;

/// Wakes this process's worker before its next look; only a hint, so one for all banks of the process will do.
pub(crate) static WAKE: Notify = Notify::const_new();

/// Asks for work in the caller's transaction; a known dedupe key asks for nothing.
///
/// # Errors
/// `DbErr` of the insert.
pub async fn enqueue(bank: &Bank, tx: &Tx, job: NewJob) -> Result<(), DbErr> {
    store::insert_unless_known(tx, row(bank, job)).await?;
    wake();
    Ok(())
}

/// Asks for work that is wanted once at a time, in the caller's transaction: while a job with the key waits or
/// runs, that one is returned. Its row goes when it is done, and frees the key; so does a failure for good.
///
/// # Errors
/// `DbErr` of the statements, and for a job without a key.
pub async fn enqueue_once(bank: &Bank, tx: &Tx, job: NewJob) -> Result<Job, DbErr> {
    let asked = Job { beat: true, ..row(bank, job) };
    let key = asked.dedupe_key.clone().unwrap_or_default();
    store::insert_unless_known(tx, asked).await?;
    wake();
    store::find_by_key(tx, &key).await?.ok_or_else(|| DbErr::RecordNotFound("a job by its key".to_owned()))
}

/// Lets a schedule's work run now, in the caller's transaction; while it waits or runs it is not doubled.
///
/// # Errors
/// `DbErr` of the statements.
pub async fn fire_by_hand(bank: &Bank, tx: &Tx, schedule: &Schedule) -> Result<Job, DbErr> {
    let now = bank.now();
    let key = if schedule.is_beat() { schedule.dedupe_key(now) } else { by_hand(schedule) };
    let payload = serde_json::json!({ "slot": now });
    enqueue_once(bank, tx, NewJob { dedupe_key: Some(key), ..NewJob::new(schedule.kind, payload) }).await
}

fn by_hand(schedule: &Schedule) -> String {
    format!("schedule:{}:by-hand", schedule.name)
}

/// Writes how far the running job with that key is, in a transaction of its own.
///
/// # Errors
/// `DbErr` of the statements.
pub async fn note_progress(bank: &Bank, key: &str, progress: &JobProgress) -> Result<(), DbErr> {
    let tx = bank.db.begin().await?;
    store::note_progress(&tx, key, serde_json::json!(progress)).await?;
    tx.commit().await
}

/// Finds a job.
///
/// # Errors
/// `DbErr` of the query.
pub async fn find(db: &impl ConnectionTrait, id: JobId) -> Result<Option<Job>, DbErr> {
    store::find(db, id).await
}

/// Finds a job by its dedupe key.
///
/// # Errors
/// `DbErr` of the query.
pub async fn find_by_key(db: &impl ConnectionTrait, key: &str) -> Result<Option<Job>, DbErr> {
    store::find_by_key(db, key).await
}

/// Counts what waits, runs and is dead, by kind; a kind without any of it is left out.
///
/// # Errors
/// `DbErr` of the queries.
pub async fn queues(db: &impl ConnectionTrait, now: Instant) -> Result<Vec<Queue>, DbErr> {
    store::queues(db, now).await
}

/// Lets this process's worker look for work now. It looks again shortly after, for the commit to come.
pub fn wake() {
    WAKE.notify_one();
}

pub(crate) fn row(bank: &Bank, job: NewJob) -> Job {
    let now = bank.now();
    Job {
        id: JobId::generate(now, &bank.random),
        kind: job.kind.to_owned(),
        payload: job.payload,
        state: JobState::Queued,
        run_at: job.run_at.unwrap_or(now),
        attempts: 0,
        most_attempts: job.most_attempts,
        dedupe_key: job.dedupe_key,
        leased_until: None,
        lease_token: None,
        last_error: None,
        created_at: now,
        finished_at: None,
        beat: false,
        progress: None,
    }
}

/// Chooses jobs for a list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Where they stand.
    pub state: Option<JobState>,
    /// Of which kind.
    pub kind: Option<String>,
    /// This one alone.
    pub id: Option<JobId>,
}

/// Lists jobs, newest first.
///
/// # Errors
/// `DbErr` of the query; a cursor of another list shows the first page.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: JobFilter,
    page: PageRequest,
) -> Result<Page<Job>, DbErr> {
    store::list(db, filter, page).await
}

/// Counts the jobs that failed for the last time and wait for somebody.
///
/// # Errors
/// `DbErr` of the query.
pub async fn count_dead(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    store::count_dead(db).await
}

/// Lists what is stored of the schedules that have ever fired, by name.
///
/// # Errors
/// `DbErr` of the query.
pub async fn schedules(db: &impl ConnectionTrait) -> Result<Vec<JobSchedule>, DbErr> {
    store::schedules(db).await
}

/// Takes a dead job out of the dead letter: it starts over with all its attempts.
///
/// # Errors
/// [`JobError::NotFound`], [`JobError::WrongState`] unless it is dead, storage.
pub async fn replay(tx: &Tx, id: JobId, now: Instant) -> Result<Job, JobError> {
    let job = load(tx, id, JobState::Dead).await?;
    let again = Job { attempts: 0, finished_at: None, ..job };
    requeue(tx, again, now).await
}

/// Lets a queued job run now instead of at its time.
///
/// # Errors
/// [`JobError::NotFound`], [`JobError::WrongState`] unless it is queued, storage.
pub async fn run_now(tx: &Tx, id: JobId, now: Instant) -> Result<Job, JobError> {
    let job = load(tx, id, JobState::Queued).await?;
    requeue(tx, job, now).await
}

async fn load(tx: &Tx, id: JobId, expected: JobState) -> Result<Job, JobError> {
    let job = store::load_for_update(tx, id).await?.ok_or(JobError::NotFound)?;
    if job.state == expected { Ok(job) } else { Err(JobError::WrongState(job.state)) }
}

async fn requeue(tx: &Tx, job: Job, now: Instant) -> Result<Job, JobError> {
    let job = Job { state: JobState::Queued, run_at: now, ..job };
    store::update(tx, job.clone()).await?;
    wake();
    Ok(job)
}
