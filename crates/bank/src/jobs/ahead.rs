//! What a clock that was ahead has left behind: work that would wait until the time it was written for.

use chrono::Duration;
use database::Tx;
use sea_orm::DbErr;

use super::model::LEASE;
use super::schedule::CLOCKS_DIFFER;
use super::{Job, store};
use crate::Bank;

/// Moves the work that was asked for in the future back by as much, and the beat with that key to now.
///
/// For the moment in which a schedule finds its slot in the future: the clock was set back, and a beat that waits for
/// the time it was asked for would hold its key, and its schedule, until then. A lease is believed as long as the usual
/// one: what runs goes on, for its worker renews it.
pub(crate) async fn bring_back(bank: &Bank, tx: &Tx, beat: &str) -> Result<(), DbErr> {
    let now = bank.now();
    for job in store::lock_ahead(tx, beat, now + Duration::seconds(CLOCKS_DIFFER)).await? {
        let ahead = (job.created_at - now).max(Duration::zero());
        let is_beat = job.dedupe_key.as_deref() == Some(beat);
        let run_at = if is_beat { job.run_at.min(now) } else { job.run_at - ahead };
        let leased_until = job.leased_until.map(|until| until.min(now + LEASE));
        tracing::warn!(job.id = %job.id, job.name = job.kind, "a job from the future is brought back");
        let job = Job { created_at: job.created_at - ahead, run_at, leased_until, ..job };
        store::update(tx, job).await?;
    }
    Ok(())
}
