//! What keeps the books in order by the clock: the end of the day, overdue holds, seals and checkpoints.

use ledger::PeriodError;
use ledger::seal::Journal;
use serde_json::json;

use crate::Bank;
use crate::audit::{self, Event, Subject};
use crate::jobs::{JobFailure, Registry};
use crate::oversight::Proved;
use crate::oversight::service::ledger::signing_key;
use crate::oversight::service::proofs;

/// How often overdue holds are given back, and rows sealed.
const OFTEN: i64 = 2;
/// How often the seals are signed.
const SIGN: i64 = 60;
/// How often the counts of accounts are folded.
const FOLD: i64 = 3600;

/// Adds the handlers and their schedules.
pub fn register(registry: &mut Registry) {
    registry.job("ledger.end_of_day", |bank, _| Box::pin(end_of_day(bank)));
    // Every hour, since the hour after midnight is not the same everywhere when clocks change.
    registry.cron("ledger.end_of_day", "0 0 * * * *", "ledger.end_of_day");
    registry.job("ledger.expire_holds", |bank, _| Box::pin(expire_holds(bank)));
    registry.every("ledger.expire_holds", OFTEN, "ledger.expire_holds");
    registry.job("ledger.seal", |bank, _| Box::pin(async move { seal(&bank).await }));
    registry.every("ledger.seal", OFTEN, "ledger.seal");
    registry.job("ledger.checkpoint", |bank, _| Box::pin(checkpoint(bank)));
    registry.every("ledger.checkpoint", SIGN, "ledger.checkpoint");
    registry.job("ledger.fold_counts", |bank, _| Box::pin(fold_counts(bank)));
    registry.every("ledger.fold_counts", FOLD, "ledger.fold_counts");
    registry.job(Proved::Ledger.job(), |bank, asked| Box::pin(proofs::work(bank, Proved::Ledger, asked)));
    registry.job(Proved::AuditLog.job(), |bank, asked| Box::pin(proofs::work(bank, Proved::AuditLog, asked)));
}

/// Moves the bank's day to the calendar's, in the bank's time zone. The first run makes the day stop following
/// the clock.
async fn end_of_day(bank: Bank) -> Result<(), JobFailure> {
    let today = kernel::clock::date_in(bank.now(), bank.settings.business_timezone);
    let caller = bank.system_caller();
    let tx = bank.db.begin().await?;
    let before = match bank.ledger.advance_business_date(&tx, today).await {
        Ok(before) => before,
        // A clock set back, a zone changed: the day waits until the calendar has caught up.
        Err(PeriodError::DayInPast { .. }) => return Ok(()),
        Err(error) => return Err(JobFailure::retry(error)),
    };
    if before < today {
        let event = Event::new("ledger.end_of_day", Subject::new("ledger", "business_day"));
        let event = event.change(json!({ "business_on": before }), json!({ "business_on": today }));
        audit::record(&bank, &tx, &caller, event).await?;
    }
    tx.commit().await?;
    if before < today {
        tracing::info!(%before, %today, "the bank's day has ended");
    }
    Ok(())
}

async fn expire_holds(bank: Bank) -> Result<(), JobFailure> {
    let expired = bank.ledger.expire_holds().await?;
    if expired > 0 {
        tracing::info!(expired, "overdue holds are given back");
    }
    Ok(())
}

/// Keeps the counts of accounts short.
async fn fold_counts(bank: Bank) -> Result<(), JobFailure> {
    ledger::counts::fold(&bank.db).await?;
    Ok(())
}

async fn seal(bank: &Bank) -> Result<(), JobFailure> {
    bank.ledger.seal(bank.now()).await.map_err(JobFailure::retry)?;
    audit::seal(bank).await.map_err(JobFailure::retry)?;
    Ok(())
}

/// Seals what is there, then signs how far the chains are sealed. Without a key there is nothing to sign with: production demands one.
async fn checkpoint(bank: Bank) -> Result<(), JobFailure> {
    let Some(key) = signing_key(&bank) else {
        return Ok(());
    };
    seal(&bank).await?;
    let directory = bank.settings.checkpoint_directory.as_deref();
    let signed = ledger::seal::checkpoint::<Journal>(&bank.db, &key, directory, bank.now()).await;
    signed.map_err(JobFailure::retry)?;
    audit::checkpoint(&bank, &key, directory).await.map_err(JobFailure::retry)?;
    Ok(())
}
