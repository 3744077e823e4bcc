//! The security epoch: what was revoked on one node ends on all within half a second.
//!
//! The same beat reads the sessions in use again, so that no request waits for that.

use std::time::Duration;

use database::{Tx, in_time};
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use super::recall::recall;
use crate::Bank;
use crate::identity::store::epoch;

/// How often a node looks.
const PERIOD: Duration = Duration::from_millis(500);

/// Forgets, on this node and at once, everybody who was checked; the row tells the others.
pub(super) fn forget(bank: &Bank) {
    bank.guard.principals().forget_all();
}

/// Looks at the epoch once.
///
/// # Errors
/// `DbErr` when the row cannot be read.
pub async fn poll_epoch(bank: &Bank) -> Result<(), DbErr> {
    let epoch::Epochs { epoch, standing } = in_time(epoch::read(bank.db.latest())).await?;
    bank.guard.principals().see_epoch(epoch);
    bank.guard.wallets().see_epoch(standing);
    Ok(())
}

/// Tells every node, when `tx` commits, that somebody's standing as a payer is less than it was.
///
/// The last statement before the commit: the row is locked until then. This node forgets at once.
///
/// # Errors
/// `DbErr` of the update.
pub async fn lower_standing(bank: &Bank, tx: &Tx) -> Result<(), DbErr> {
    epoch::raise_standing(tx).await?;
    bank.guard.wallets().forget_all();
    Ok(())
}

/// Looks at the epoch every half second until `stop`; a node that serves requests runs it once.
///
/// While the row cannot be read nothing is remembered: every request asks the database itself, and fails
/// with it.
pub async fn watch_epoch(bank: Bank, stop: CancellationToken) {
    let mut beat = tokio::time::interval(PERIOD);
    let mut before = bank.now();
    while stop.run_until_cancelled(beat.tick()).await.is_some() {
        let since = std::mem::replace(&mut before, bank.now());
        if let Err(error) = poll_epoch(&bank).await {
            tracing::warn!(error = %error, "the security epoch cannot be read");
            forget(&bank);
            bank.guard.wallets().forget_all();
        } else if let Err(error) = in_time(recall(&bank, since)).await {
            tracing::warn!(error = %error, "the sessions in use cannot be read again");
        }
    }
}
