//! Adding and removing owners.

use kernel::{AccountId, UserId};
use serde_json::json;

use super::super::model::{AccountError, AccountOwner, Need, OwnerRole};
use super::super::store;
use super::{AccountAccess, find_for, reason_of, require_customer};
use crate::audit::{self, Event, Reason, Subject};
use crate::{Bank, Caller, kyc};

/// Asks for a person to be added to an account.
#[derive(Clone, Debug)]
pub struct AddOwner {
    /// The account.
    pub account: AccountId,
    /// The person.
    pub user: UserId,
    /// What the person becomes.
    pub role: OwnerRole,
    /// Why; required of staff.
    pub reason: Option<Reason>,
}

/// Asks for a person to be removed from an account.
#[derive(Clone, Debug)]
pub struct RemoveOwner {
    /// The account.
    pub account: AccountId,
    /// The person.
    pub user: UserId,
    /// Why; required of staff.
    pub reason: Option<Reason>,
}

/// Adds a person: customers name attorneys, staff anybody. The person must be known as well as a holder.
///
/// # Errors
/// Those of [`find_for`], [`AccountError::ReasonRequired`], [`AccountError::HoldersByStaffOnly`],
/// [`AccountError::JointSignatureRequired`], [`AccountError::Closed`], [`AccountError::CustomerNotFound`],
/// [`AccountError::AlreadyOwner`], [`AccountError::Kyc`], then [`AccountError::Storage`].
pub async fn add_owner(
    bank: &Bank,
    caller: &Caller,
    command: AddOwner,
) -> Result<AccountOwner, AccountError> {
    let AddOwner { account: id, user, role, reason } = command;
    let tx = bank.db.begin().await?;
    store::lock(&tx, id).await?;
    let access = find_for(&tx, caller, id, Need::Share).await?;
    let reason = reason_of(&access.authority, reason)?;
    if role.is_holder() && !access.authority.is_staff() {
        return Err(AccountError::HoldersByStaffOnly);
    }
    access.authority.require_alone()?;
    if access.account.closed_at.is_some() {
        return Err(AccountError::Closed);
    }
    require_customer(&tx, user).await?;
    if let Some(owner) = access.owners.iter().find(|owner| owner.user_id == user) {
        return Err(AccountError::AlreadyOwner { role: owner.role });
    }
    kyc::service::require(&tx, user, access.product.minimum_kyc_level).await?;
    let owner = AccountOwner { account_id: id, user_id: user, role, added_at: bank.now() };
    store::insert_owner(&tx, owner.clone()).await?;
    ledger::accounts::raise_access_version(&tx, id).await?;
    let event = Event::new("account.add_owner", Subject::new("account", id))
        .change(json!({}), json!({ "user_id": user, "role": role }));
    audit::record(bank, &tx, caller, Event { reason: reason.map(String::from), ..event }).await?;
    tx.commit().await?;
    Ok(owner)
}

/// Removes a person: customers dismiss attorneys, attorneys resign, staff remove anybody but the last holder.
///
/// # Errors
/// Those of [`find_for`], [`AccountError::ReasonRequired`], [`AccountError::NotAnOwner`],
/// [`AccountError::HoldersByStaffOnly`], [`AccountError::LastHolder`], then [`AccountError::Storage`].
pub async fn remove_owner(bank: &Bank, caller: &Caller, command: RemoveOwner) -> Result<(), AccountError> {
    let RemoveOwner { account: id, user, reason } = command;
    let tx = bank.db.begin().await?;
    store::lock(&tx, id).await?;
    let resigns = caller.user_id == Some(user);
    let need = if resigns { Need::View } else { Need::Share };
    let access = find_for(&tx, caller, id, need).await?;
    let reason = reason_of(&access.authority, reason)?;
    let role = removable(&access, user)?;
    store::delete_owner(&tx, id, user).await?;
    ledger::accounts::raise_access_version(&tx, id).await?;
    let event = Event::new("account.remove_owner", Subject::new("account", id))
        .change(json!({ "user_id": user, "role": role }), json!({}));
    audit::record(bank, &tx, caller, Event { reason: reason.map(String::from), ..event }).await?;
    tx.commit().await?;
    Ok(())
}

/// Lists the owners of an account that the caller may see, the first holder first.
///
/// # Errors
/// Those of [`super::view`].
pub async fn list_owners(
    bank: &Bank,
    caller: &Caller,
    id: AccountId,
) -> Result<Vec<AccountOwner>, AccountError> {
    super::view(bank, caller, id).await.map(|access| access.owners)
}

fn removable(access: &AccountAccess, user: UserId) -> Result<OwnerRole, AccountError> {
    let owner = access.owners.iter().find(|owner| owner.user_id == user).ok_or(AccountError::NotAnOwner)?;
    if owner.role.is_holder() {
        if !access.authority.is_staff() {
            return Err(AccountError::HoldersByStaffOnly);
        }
        if access.holders().len() == 1 {
            return Err(AccountError::LastHolder);
        }
    }
    Ok(owner.role)
}
