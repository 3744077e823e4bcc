//! Closing an account for ever.

use kernel::{AccountId, Money};
use ledger::{AccountStatus, accounts as ledger_accounts};
use serde_json::json;

use super::super::model::{AccountError, Need};
use super::super::store;
use super::{AccountSheet, find_for, read, reason_of};
use crate::audit::{self, Event, Reason, Subject};
use crate::{Bank, Caller};

/// Closes an account that is empty and on which nothing waits; a blocked one is closed by staff only.
///
/// # Errors
/// Those of [`find_for`], [`AccountError::JointSignatureRequired`], [`AccountError::ReasonRequired`],
/// [`AccountError::Closed`], [`AccountError::StatusNotAllowed`], [`AccountError::WorkPending`],
/// [`AccountError::HoldsPending`], [`AccountError::BalanceNotZero`], then [`AccountError::Storage`].
pub async fn close(
    bank: &Bank,
    caller: &Caller,
    id: AccountId,
    reason: Option<Reason>,
) -> Result<AccountSheet, AccountError> {
    let tx = bank.db.begin().await?;
    store::lock(&tx, id).await?;
    let mut access = find_for(&tx, caller, id, Need::Close).await?;
    access.authority.require_alone()?;
    let reason = reason_of(&access.authority, reason)?;
    let before = ledger_accounts::load_for_update(&tx, id).await?;
    closable(&before, access.authority.is_staff())?;
    let kinds = store::kinds_of_work(&tx, id).await?;
    if !kinds.is_empty() {
        return Err(AccountError::WorkPending { kinds });
    }
    settled(&before)?;
    let now = bank.now();
    ledger_accounts::set_status(&tx, id, AccountStatus::Closed).await?;
    store::set_closed(&tx, id, now).await?;
    let event = Event::new("account.close", Subject::new("account", id))
        .change(json!({ "status": before.status }), json!({ "status": AccountStatus::Closed }));
    audit::record(bank, &tx, caller, Event { reason: reason.map(String::from), ..event }).await?;
    access.account.closed_at = Some(now);
    let sheet = read::sheet(bank, &tx, access).await?;
    tx.commit().await?;
    Ok(sheet)
}

fn closable(account: &ledger::Account, by_staff: bool) -> Result<(), AccountError> {
    match account.status {
        AccountStatus::Closed => Err(AccountError::Closed),
        AccountStatus::Open => Ok(()),
        AccountStatus::DebitBlocked if by_staff => Ok(()),
        status @ (AccountStatus::DebitBlocked | AccountStatus::Frozen) => {
            Err(AccountError::StatusNotAllowed { status })
        }
    }
}

fn settled(account: &ledger::Account) -> Result<(), AccountError> {
    let held = account.debits_pending_minor.saturating_add(account.credits_pending_minor);
    if held != 0 {
        return Err(AccountError::HoldsPending { held: Money::new(held, account.currency) });
    }
    let balance = Money::new(account.ledger_minor(), account.currency);
    if balance.is_zero() { Ok(()) } else { Err(AccountError::BalanceNotZero { balance }) }
}
