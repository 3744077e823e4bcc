//! Clearing away what customers began and did not finish.

use sea_orm::DbErr;

use super::begin::PATIENCE;
use super::changes::end;
use crate::openbanking::{EndReason, OpenBankingError, store};
use crate::{Bank, Caller};

/// How many connections one transaction ends.
const BATCH: u64 = 200;

/// Deletes states whose time is over and ends the new connections that nobody came back to; returns their number.
///
/// # Errors
/// `DbErr` when the database fails; what was done stays done.
pub async fn sweep(bank: &Bank) -> Result<usize, DbErr> {
    let caller = Caller::system(kernel::RequestId::generate(bank.now(), &bank.random));
    let tx = bank.db.begin().await?;
    store::delete_states_before(&tx, bank.now()).await?;
    tx.commit().await?;
    let mut ended = 0;
    loop {
        let tx = bank.db.begin().await?;
        let late = store::pending_since(&tx, bank.now() - PATIENCE * 2, BATCH).await?;
        let is_last = u64::try_from(late.len()).is_ok_and(|found| found < BATCH);
        for row in late {
            match end(bank, &tx, &caller, (row, EndReason::NeverCompleted)).await {
                Ok(()) => ended += 1,
                Err(OpenBankingError::Storage(error)) => return Err(error),
                // Somebody came back at this very moment.
                Err(error) => tracing::info!("a connection was not ended: {error}"),
            }
        }
        tx.commit().await?;
        if is_last {
            return Ok(ended);
        }
    }
}
