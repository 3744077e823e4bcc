//! Background work, as staff sees it and steps in.

use database::Tx;
use kernel::{JobId, Page, PageRequest};
use serde_json::{Value, json};

use crate::audit::{self, Event, Reason, Subject};
use crate::jobs::{self, Job, JobError, JobFilter, JobState, Queue, Registry, Schedule};
use crate::oversight::{JobRefusal, ScheduleState};
use crate::{Bank, Caller, Permission};

/// Lists jobs, newest first.
///
/// # Errors
/// Forbidden, storage.
pub async fn list_jobs(
    bank: &Bank,
    caller: &Caller,
    filter: JobFilter,
    page: PageRequest,
) -> Result<Page<Job>, JobRefusal> {
    caller.require(Permission::ReadJobs)?;
    Ok(jobs::list(bank.db.read(), filter, page).await?)
}

/// Counts the jobs of the dead letter.
///
/// # Errors
/// Forbidden, storage.
pub async fn count_dead(bank: &Bank, caller: &Caller) -> Result<u64, JobRefusal> {
    caller.require(Permission::ReadJobs)?;
    Ok(jobs::count_dead(bank.db.read()).await?)
}

/// Finds a job.
///
/// # Errors
/// Forbidden, absent, storage.
pub async fn find_job(bank: &Bank, caller: &Caller, id: JobId) -> Result<Job, JobRefusal> {
    caller.require(Permission::ReadJobs)?;
    Ok(jobs::find(bank.db.latest(), id).await?.ok_or(JobError::NotFound)?)
}

/// Counts what waits, runs and is dead, by kind; a kind without any of it is left out.
///
/// # Errors
/// Forbidden, storage.
pub async fn list_queues(bank: &Bank, caller: &Caller) -> Result<Vec<Queue>, JobRefusal> {
    caller.require(Permission::ReadJobs)?;
    Ok(jobs::queues(bank.db.read(), bank.now()).await?)
}

/// Lists the schedules of this version, with when they fired last and will fire next.
///
/// # Errors
/// Forbidden, storage.
pub async fn list_schedules(
    bank: &Bank,
    registry: &Registry,
    caller: &Caller,
) -> Result<Vec<ScheduleState>, JobRefusal> {
    caller.require(Permission::ReadJobs)?;
    let stored = jobs::schedules(bank.db.read()).await?;
    let (now, zone) = (bank.now(), bank.settings.business_timezone);
    let state = |schedule: &Schedule| {
        let row = stored.iter().find(|row| row.name == schedule.name);
        ScheduleState {
            name: schedule.name,
            kind: schedule.kind,
            rhythm: schedule.rhythm.to_string(),
            last_slot: row.map(|row| row.last_slot),
            next_slot: schedule.next_slot(now, zone),
            missed: row.map_or(0, |row| row.missed),
            last_missed_at: row.and_then(|row| row.last_missed_at),
        }
    };
    Ok(registry.schedules().iter().map(state).collect())
}

/// Lets a schedule's work run now, in the caller's transaction; what waits or runs already is not doubled.
///
/// # Errors
/// Forbidden, no such schedule, storage.
pub async fn run_schedule(
    bank: &Bank,
    tx: &Tx,
    (registry, caller): (&Registry, &Caller),
    (name, reason): (&str, Reason),
) -> Result<Job, JobRefusal> {
    caller.require(Permission::ManageJobs)?;
    let schedule = registry.schedules().iter().find(|schedule| schedule.name == name);
    let schedule = schedule.ok_or(JobError::NotFound)?;
    let job = jobs::fire_by_hand(bank, tx, schedule).await?;
    let event = Event::new("schedule.run", Subject::new("schedule", name)).because(reason);
    let event = event.change(Value::Null, json!({ "job_id": job.id, "kind": job.kind }));
    audit::record(bank, tx, caller, event).await?;
    Ok(job)
}

/// Takes a job out of the dead letter.
///
/// # Errors
/// Forbidden, absent, not dead, storage.
pub async fn replay_job(bank: &Bank, caller: &Caller, id: JobId, reason: Reason) -> Result<Job, JobRefusal> {
    caller.require(Permission::ManageJobs)?;
    let tx = bank.db.begin().await?;
    let job = jobs::replay(&tx, id, bank.now()).await?;
    let event = Event::new("job.replay", Subject::new("job", id)).because(reason);
    let event = event.change(json!({ "state": JobState::Dead }), json!({ "state": job.state }));
    audit::record(bank, &tx, caller, event).await?;
    tx.commit().await?;
    jobs::wake();
    Ok(job)
}

/// Lets a queued job run now instead of at its time.
///
/// # Errors
/// Forbidden, absent, not queued, storage.
pub async fn run_job(bank: &Bank, caller: &Caller, id: JobId, reason: Reason) -> Result<Job, JobRefusal> {
    caller.require(Permission::ManageJobs)?;
    let tx = bank.db.begin().await?;
    let job = jobs::run_now(&tx, id, bank.now()).await?;
    let event = Event::new("job.run", Subject::new("job", id)).because(reason);
    audit::record(bank, &tx, caller, event).await?;
    tx.commit().await?;
    jobs::wake();
    Ok(job)
}
