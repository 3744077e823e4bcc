//! Background work, as staff sees it and steps in.

use kernel::{JobId, Page, PageRequest};
use serde_json::json;

use crate::audit::{self, Event, Subject};
use crate::jobs::{self, Job, JobFilter, JobSchedule, JobState};
use crate::oversight::JobRefusal;
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

/// Lists the schedules that have ever fired, with the slots they missed.
///
/// # Errors
/// Forbidden, storage.
pub async fn list_schedules(bank: &Bank, caller: &Caller) -> Result<Vec<JobSchedule>, JobRefusal> {
    caller.require(Permission::ReadJobs)?;
    Ok(jobs::schedules(bank.db.read()).await?)
}

/// Takes a job out of the dead letter.
///
/// # Errors
/// Forbidden, absent, not dead, storage.
pub async fn replay_job(bank: &Bank, caller: &Caller, id: JobId) -> Result<Job, JobRefusal> {
    caller.require(Permission::ManageJobs)?;
    let tx = bank.db.begin().await?;
    let job = jobs::replay(&tx, id, bank.now()).await?;
    let event = Event::new("job.replay", Subject::new("job", id));
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
pub async fn run_job(bank: &Bank, caller: &Caller, id: JobId) -> Result<Job, JobRefusal> {
    caller.require(Permission::ManageJobs)?;
    let tx = bank.db.begin().await?;
    let job = jobs::run_now(&tx, id, bank.now()).await?;
    audit::record(bank, &tx, caller, Event::new("job.run", Subject::new("job", id))).await?;
    tx.commit().await?;
    jobs::wake();
    Ok(job)
}
