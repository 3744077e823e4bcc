//! Erasing what was read, some time after its customer took the consent back (GDPR Art. 17; the audit log stays).

use sea_orm::DbErr;

use super::changes::{replace, subject};
use super::{reach, unless_changed};
use crate::Bank;
use crate::audit::{self, Event};
use crate::openbanking::store::imported;
use crate::openbanking::{Connection, OpenBankingError, store};

/// How many connections one run erases.
const MOST: u64 = 200;

/// Erases what was read through connections that were revoked longer ago than the operator keeps it; returns their number.
///
/// # Errors
/// `DbErr` when the database fails; what was erased stays so.
pub async fn erase_due(bank: &Bank) -> Result<usize, DbErr> {
    let Ok((_, settings)) = reach(bank) else { return Ok(0) };
    let before = bank.now() - chrono::Duration::days(settings.retention_days.into());
    let due = store::to_be_erased(bank.db.latest(), before, MOST).await?;
    let mut erased = 0;
    for row in due {
        erased += usize::from(unless_changed(erase(bank, row).await)?.is_some());
    }
    Ok(erased)
}

async fn erase(bank: &Bank, row: Connection) -> Result<(), OpenBankingError> {
    let caller = bank.system_caller();
    let id = row.id;
    let tx = bank.db.begin().await?;
    imported::erase(&tx, id).await?;
    replace(bank, &tx, Connection { erased_at: Some(bank.now()), ..row }).await?;
    audit::record(bank, &tx, &caller, Event::new("truelayer.data_erased", subject(id))).await?;
    tx.commit().await?;
    Ok(())
}
