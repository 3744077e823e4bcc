//! Showing whose account a number is, in part, before money goes there.

use chrono::Duration;
use database::Tx;
use kernel::{AccountId, AccountNumber, Instant, PayeeLookupId, UserId};
use sea_orm::DbErr;

use crate::transfers::model::{LOOKUP_LIFETIME, LOOKUPS_AN_HOUR, PayeeLookup, TransferError, mask_name};
use crate::transfers::store;
use crate::{Bank, Caller, Permission, accounts, identity};

/// Shows a payee in part.
#[derive(Clone, Debug)]
pub struct LookedUp {
    /// Give it with the payment.
    pub id: PayeeLookupId,
    /// The holders' names, masked.
    pub name: String,
    /// The number that was asked for.
    pub number: AccountNumber,
    /// The currency that the account takes.
    pub currency: kernel::Currency,
    /// Until when the look-up confirms the payee.
    pub expires_at: Instant,
}

/// Looks a payee up by the number of their account.
///
/// Misses count like hits: whoever guesses numbers runs out of tries.
///
/// # Errors
/// [`TransferError::Forbidden`], [`TransferError::TooManyLookups`], [`TransferError::PayeeNotFound`].
pub async fn look_up(bank: &Bank, caller: &Caller, number: AccountNumber) -> Result<LookedUp, TransferError> {
    caller.require(Permission::PayFromOwnAccounts)?;
    let user_id = caller.user_id.ok_or(TransferError::NeedsPerson)?;
    let now = bank.now();
    let tx = bank.db.begin().await?;
    if store::count_lookups(&tx, user_id, now - Duration::hours(1)).await? >= LOOKUPS_AN_HOUR {
        return Err(TransferError::TooManyLookups);
    }
    let found = accounts::service::find_by_number(&tx, &number).await?;
    let id = PayeeLookupId::generate(now, &bank.random);
    let expires_at = now + LOOKUP_LIFETIME;
    // A miss is stored under an account that cannot exist, so that it counts and confirms nothing.
    let account_id = found.as_ref().map_or(AccountId::from_uuid(uuid::Uuid::nil()), |payee| payee.account);
    store::insert_lookup(&tx, PayeeLookup { id, user_id, account_id, created_at: now, expires_at }).await?;
    let names = match &found {
        Some(payee) => identity::directory::names(&tx, &payee.holders).await?,
        None => Vec::new(),
    };
    tx.commit().await?;
    let payee = found.ok_or(TransferError::PayeeNotFound)?;
    let name = names.iter().map(|name| mask_name(name)).collect::<Vec<_>>().join(", ");
    Ok(LookedUp { id, name, number, currency: payee.currency, expires_at })
}

/// Insists that the look-up confirms the payee: made by this customer, of this account, not too old.
///
/// # Errors
/// [`TransferError::PayeeNotConfirmed`] without one, [`TransferError::LookupNotUsable`] with a wrong one.
pub(super) async fn check_lookup(
    bank: &Bank,
    tx: &Tx,
    user: UserId,
    lookup: Option<PayeeLookupId>,
    payee: AccountId,
) -> Result<(), TransferError> {
    let id = lookup.ok_or(TransferError::PayeeNotConfirmed)?;
    let found = store::find_lookup(tx, id).await?.ok_or(TransferError::LookupNotUsable)?;
    if found.user_id != user || found.account_id != payee || found.expires_at <= bank.now() {
        return Err(TransferError::LookupNotUsable);
    }
    Ok(())
}

/// Deletes look-ups that expired more than a day ago.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn forget_lookups(bank: &Bank) -> Result<u64, DbErr> {
    let tx = bank.db.begin().await?;
    let gone = store::delete_lookups_before(&tx, bank.now() - Duration::days(1)).await?;
    tx.commit().await?;
    Ok(gone)
}
