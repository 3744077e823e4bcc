//! Asking for background work.

use database::Tx;
use kernel::JobId;
use sea_orm::DbErr;

use super::{Job, NewJob, store};
use crate::Bank;

/// Asks for work in the caller's transaction; a known dedupe key asks for nothing.
///
/// # Errors
/// `DbErr` of the insert.
pub async fn enqueue(bank: &Bank, tx: &Tx, job: NewJob) -> Result<(), DbErr> {
    let now = bank.now();
    let row = Job {
        id: JobId::generate(now, &bank.random),
        kind: job.kind.to_owned(),
        payload: job.payload,
        state: "queued".to_owned(),
        run_at: job.run_at.unwrap_or(now),
        attempts: 0,
        most_attempts: job.most_attempts,
        dedupe_key: job.dedupe_key,
        leased_until: None,
        lease_token: None,
        last_error: None,
        created_at: now,
        finished_at: None,
    };
    store::insert_unless_known(tx, row).await
}
