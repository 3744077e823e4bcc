//! Freezing, blocking debits, and letting everything move again.

use kernel::AccountId;
use ledger::accounts as ledger_accounts;
use serde_json::json;

use super::super::model::{AccountError, Need, StatusChange};
use super::super::store;
use super::{AccountSheet, find_for, read};
use crate::audit::{self, Event, Reason, Subject};
use crate::{Bank, Caller, Permission};

/// Changes what may move on an account; for staff, with a reason.
///
/// # Errors
/// [`AccountError::Forbidden`], [`AccountError::NotFound`], those of [`StatusChange::decide`], then
/// [`AccountError::Storage`].
pub async fn set_status(
    bank: &Bank,
    caller: &Caller,
    id: AccountId,
    change: StatusChange,
    reason: Reason,
) -> Result<AccountSheet, AccountError> {
    caller.require(Permission::FreezeAccounts)?;
    let tx = bank.db.begin().await?;
    store::lock(&tx, id).await?.ok_or(AccountError::NotFound)?;
    let access = find_for(&tx, caller, id, Need::View).await?;
    let before = ledger_accounts::load_for_update(&tx, id).await?;
    let status = change.decide(before.status)?;
    ledger_accounts::set_status(&tx, id, status).await?;
    let event = Event::new(change.action(), Subject::new("account", id))
        .because(reason)
        .change(json!({ "status": before.status }), json!({ "status": status }));
    audit::record(bank, &tx, caller, event).await?;
    let sheet = read::sheet(bank, &tx, access).await?;
    tx.commit().await?;
    Ok(sheet)
}
