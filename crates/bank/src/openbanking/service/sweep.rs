//! Clearing away what customers began and did not finish, and ending consents whose time is over.

use sea_orm::DbErr;

use super::begin::PATIENCE;
use super::changes::end;
use super::{aside, unless_changed};
use crate::openbanking::{EndReason, OpenBankingError, store};
use crate::{Bank, Caller};

/// For how long calls and events are kept: calls count for a day, and no event is accepted that is older than three.
const REMEMBERED: chrono::Duration = chrono::Duration::days(30);
/// How many connections one transaction ends.
const BATCH: u64 = 200;

/// Takes in tokens that were put aside, deletes states whose time is over, ends the new connections that nobody came back to
/// and those whose consent is over; returns the number of those ended.
///
/// # Errors
/// `DbErr` when the database fails; what was done stays done.
pub async fn sweep(bank: &Bank) -> Result<usize, DbErr> {
    match aside::take_in(bank, None).await {
        Err(OpenBankingError::Storage(error)) => return Err(error),
        Ok(kept @ 1..) => tracing::info!(kept, "tokens that were put aside are kept"),
        _ => {}
    }
    let caller = bank.system_caller();
    let tx = bank.db.begin().await?;
    store::delete_states_before(&tx, bank.now()).await?;
    store::calls::delete_before(&tx, bank.now() - REMEMBERED).await?;
    store::inbox::delete_before(&tx, bank.now() - REMEMBERED).await?;
    tx.commit().await?;
    let never_back = end_all(bank, &caller, EndReason::NeverCompleted).await?;
    Ok(never_back + end_all(bank, &caller, EndReason::ConsentExpired).await?)
}

async fn end_all(bank: &Bank, caller: &Caller, reason: EndReason) -> Result<usize, DbErr> {
    let mut ended = 0;
    loop {
        let tx = bank.db.begin().await?;
        let rows = if reason == EndReason::ConsentExpired {
            store::outlived(&tx, bank.now(), BATCH).await?
        } else {
            store::pending_since(&tx, bank.now() - PATIENCE * 2, BATCH).await?
        };
        let is_last = u64::try_from(rows.len()).is_ok_and(|found| found < BATCH);
        for row in rows {
            let done = end(bank, &tx, caller, (row, reason)).await;
            ended += usize::from(unless_changed(done)?.is_some());
        }
        tx.commit().await?;
        if is_last {
            return Ok(ended);
        }
    }
}
