//! Changing what may be debited.

use kernel::{AccountId, Money};
use ledger::{AccountStatus, SpendingLimits, accounts as ledger_accounts};
use serde_json::{Value, json};

use super::super::model::{AccountError, LimitChange, Need};
use super::super::store;
use super::{AccountSheet, find_for, read, reason_of};
use crate::audit::{self, Event, Reason, Subject};
use crate::{Bank, Caller};

/// Changes an account's limits, and its overdraft when staff ask; what was spent already counts on.
///
/// # Errors
/// Those of [`find_for`], [`AccountError::ReasonRequired`], [`AccountError::Closed`], those of
/// [`LimitChange::decide`] and [`LimitChange::decide_overdraft`], then [`AccountError::Storage`].
pub async fn set_limits(
    bank: &Bank,
    caller: &Caller,
    id: AccountId,
    change: LimitChange,
    reason: Option<Reason>,
) -> Result<AccountSheet, AccountError> {
    let tx = bank.db.begin().await?;
    store::lock(&tx, id).await?;
    let access = find_for(&tx, caller, id, Need::Limit).await?;
    let reason = reason_of(&access.authority, reason)?;
    let before = ledger_accounts::load_for_update(&tx, id).await?;
    if before.status == AccountStatus::Closed {
        return Err(AccountError::Closed);
    }
    let limits = change.decide(before.limits(), &access.product, &access.authority)?;
    let overdraft = change.decide_overdraft(&access.product, &access.authority)?;
    ledger_accounts::set_limits(&tx, id, limits).await?;
    if let Some(overdraft) = overdraft {
        ledger_accounts::set_overdraft(&tx, id, overdraft).await?;
    }
    let overdraft_before = Money::new(before.overdraft_limit_minor, before.currency);
    let event = Event::new("account.set_limits", Subject::new("account", id)).change(
        shown(before.limits(), overdraft_before),
        shown(limits, overdraft.unwrap_or(overdraft_before)),
    );
    audit::record(bank, &tx, caller, Event { reason: reason.map(String::from), ..event }).await?;
    let sheet = read::sheet(bank, &tx, access).await?;
    tx.commit().await?;
    Ok(sheet)
}

fn shown(limits: SpendingLimits, overdraft: Money) -> Value {
    let SpendingLimits { largest, day, month } = limits;
    json!({ "single": largest, "day": day, "month": month, "overdraft": overdraft })
}
