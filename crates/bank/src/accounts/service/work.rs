//! What the slices above still have to do on an account.

use database::Tx;
use sea_orm::DbErr;

use super::super::model::{AccountError, PendingWork};
use super::super::store;
use crate::Bank;

/// Notes in the caller's transaction that something waits on an account: it cannot be closed meanwhile.
///
/// # Errors
/// [`AccountError::NotFound`], [`AccountError::Closed`], then [`AccountError::Storage`].
pub async fn begin_work(bank: &Bank, tx: &Tx, work: PendingWork) -> Result<(), AccountError> {
    let account = store::lock(tx, work.account).await?.ok_or(AccountError::NotFound)?;
    if account.closed_at.is_some() {
        return Err(AccountError::Closed);
    }
    store::insert_work(tx, work, bank.now()).await?;
    Ok(())
}

/// Notes in the caller's transaction that it waits no longer; noting it twice changes nothing.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn end_work(tx: &Tx, work: PendingWork) -> Result<(), DbErr> {
    store::delete_work(tx, work).await
}
