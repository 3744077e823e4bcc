//! The queue's own upkeep: what was done long ago is forgotten, and the queue is measured.

use chrono::Duration;
use sea_orm::DbErr;

use super::{JobState, Registry, store};
use crate::Bank;

/// How long finished work stays visible.
const KEEP_DONE: Duration = Duration::days(30);

/// Adds the daily purge.
pub fn register(registry: &mut Registry) {
    registry.job("jobs.purge", |bank, _| Box::pin(async move { Ok(purge(&bank).await?) }));
    registry.cron("jobs.purge", "0 40 3 * * *", "jobs.purge");
}

/// Removes what was done more than 30 days ago. The dead stay until somebody replays them.
pub(crate) async fn purge(bank: &Bank) -> Result<(), DbErr> {
    let tx = bank.db.begin().await?;
    let removed = store::purge_done(&tx, bank.now() - KEEP_DONE).await?;
    tx.commit().await?;
    tracing::info!(removed, "old jobs are forgotten");
    Ok(())
}

/// Publishes how many jobs wait, run and are dead, and how late the latest is.
pub(crate) async fn measure(bank: &Bank) -> Result<(), DbErr> {
    let depths = store::depths(bank.db.read()).await?;
    for state in [JobState::Queued, JobState::Running, JobState::Dead] {
        let jobs = depths.iter().find(|depth| depth.state == state).map_or(0, |depth| depth.jobs);
        metrics::gauge!("florin_jobs", "state" => state.as_str()).set(as_gauge(jobs));
    }
    let queued = depths.iter().find(|depth| depth.state == JobState::Queued);
    let earliest = queued.and_then(|depth| depth.earliest).unwrap_or_else(|| bank.now());
    let lag = (bank.now() - earliest).num_seconds().max(0);
    metrics::gauge!("florin_jobs_lag_seconds").set(as_gauge(lag));
    Ok(())
}

/// What exceeds 32 bits is shown as the most.
fn as_gauge(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
