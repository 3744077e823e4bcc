//! Giving an account a nickname.

use kernel::AccountId;

use super::super::model::{AccountError, Need, Nickname, search_text};
use super::super::store;
use super::{AccountSheet, find_for, read, reason_of};
use crate::audit::{self, Event, Reason, Subject};
use crate::{Bank, Caller};

/// Sets or takes away an account's nickname; the audit row says that it changed, not the words.
///
/// # Errors
/// Those of [`find_for`], [`AccountError::ReasonRequired`], [`AccountError::Closed`], then
/// [`AccountError::Storage`].
pub async fn rename(
    bank: &Bank,
    caller: &Caller,
    id: AccountId,
    nickname: Option<Nickname>,
    reason: Option<Reason>,
) -> Result<AccountSheet, AccountError> {
    let tx = bank.db.begin().await?;
    let mut access = find_for(&tx, caller, id, Need::Rename).await?;
    let reason = reason_of(&access.authority, reason)?;
    if access.account.closed_at.is_some() {
        return Err(AccountError::Closed);
    }
    let nickname = nickname.map(|name| name.to_string());
    let search_text = search_text(&access.account.number, nickname.as_deref());
    store::set_nickname(&tx, id, nickname.clone(), search_text.clone()).await?;
    let event = Event::new("account.rename", Subject::new("account", id));
    let event = Event { reason: reason.map(String::from), ..event };
    audit::record(bank, &tx, caller, event).await?;
    access.account.nickname = nickname;
    access.account.search_text = search_text;
    let sheet = read::sheet(bank, &tx, access).await?;
    tx.commit().await?;
    Ok(sheet)
}
