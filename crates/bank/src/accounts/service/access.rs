//! Who may do what to which account: the door that every route and every slice above goes through.

use kernel::{AccountId, Currency, UserId};
use sea_orm::{ConnectionTrait, DbErr};

use super::super::model::{
    Account, AccountAuthority, AccountError, AccountOwner, Need, Product, Standing, judge, require_some,
    signers,
};
use super::super::store::{self, Owned};
use crate::audit::{self, Event, Subject};
use crate::context::Forbidden;
use crate::{Bank, Caller, Permission, kyc};

/// Holds an account that the caller may use, as far as was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAccess {
    /// The account; its id is the ledger's.
    pub account: Account,
    /// What was opened.
    pub product: Product,
    /// Who owns it, the first holder first.
    pub owners: Vec<AccountOwner>,
    /// In which capacity the caller acts, and who must agree.
    pub authority: AccountAuthority,
}

impl AccountAccess {
    /// Returns the account's id, which is the ledger's.
    pub fn id(&self) -> AccountId {
        self.account.id
    }

    /// Returns the one currency it is kept in.
    pub fn currency(&self) -> Currency {
        self.product.currency
    }

    /// Returns those who own it, not those who only act for them.
    pub fn holders(&self) -> Vec<UserId> {
        holders(&self.owners)
    }
}

/// Finds an account for what the caller needs; for [`Need::Pay`] the holders' verification is asked, too.
///
/// Funds, status and limits are not judged here: the ledger does, when it posts. Costs one round trip, two
/// for [`Need::Pay`].
///
/// # Errors
/// [`AccountError::Forbidden`] when the caller may do this to no account, [`AccountError::NotFound`] for an
/// absent account and one that is not the caller's alike, [`AccountError::Forbidden`] for a role that may not,
/// [`AccountError::Kyc`], then [`AccountError::Storage`].
pub async fn find_for(
    conn: &impl ConnectionTrait,
    caller: &Caller,
    id: AccountId,
    need: Need,
) -> Result<AccountAccess, AccountError> {
    require_some(caller, need)?;
    let owned = store::find_owned(conn, id).await?.ok_or(AccountError::NotFound)?;
    let access = judged(caller, owned, need)?;
    if need == Need::Pay {
        kyc::service::require_all(conn, &access.holders(), access.product.minimum_kyc_level).await?;
    }
    Ok(access)
}

fn judged(caller: &Caller, owned: Owned, need: Need) -> Result<AccountAccess, AccountError> {
    let (account, product, owners) = owned;
    let standing = judge(caller, &owners, need)?;
    let authority = AccountAuthority { standing, signers: signers(&owners) };
    Ok(AccountAccess { account, product, owners, authority })
}

/// Finds an account that the caller may see; none for one that is absent or not to be seen, whatever the reason.
///
/// For what touches several accounts and is shown to whoever may see one of them.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find_visible(
    conn: &impl ConnectionTrait,
    caller: &Caller,
    id: AccountId,
) -> Result<Option<AccountAccess>, DbErr> {
    match find_for(conn, caller, id, Need::View).await {
        Ok(access) => Ok(Some(access)),
        Err(AccountError::Storage(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Refuses a caller who may see the transactions of no account at all; whose account it is, is judged after that.
///
/// Staff need more for it than to see accounts, in person as well as by a key.
///
/// # Errors
/// [`Forbidden`].
pub fn require_transactions(caller: &Caller) -> Result<(), Forbidden> {
    if caller.may(Permission::ReadTransactions) {
        return Ok(());
    }
    caller.require(Permission::ReadOwnAccounts)
}

/// Says what the caller may do with an account that the caller may see.
///
/// # Errors
/// As [`find_for`] with [`Need::View`].
pub async fn authority(
    conn: &impl ConnectionTrait,
    caller: &Caller,
    id: AccountId,
) -> Result<AccountAuthority, AccountError> {
    find_for(conn, caller, id, Need::View).await.map(|access| access.authority)
}

/// Finds an account that the caller wants to see, from the replica where there is one, and leaves no audit row.
///
/// Costs a share of a round trip: those who look at this moment share the statement.
///
/// # Errors
/// As [`find_for`] with [`Need::View`].
pub async fn look_at(bank: &Bank, caller: &Caller, id: AccountId) -> Result<AccountAccess, AccountError> {
    require_some(caller, Need::View)?;
    let owned = store::gather_owned(&bank.db, id).await?.ok_or(AccountError::NotFound)?;
    judged(caller, owned, Need::View)
}

/// Finds an account that the caller wants to see; a look by staff leaves an audit row.
///
/// # Errors
/// As [`find_for`] with [`Need::View`].
pub async fn view(bank: &Bank, caller: &Caller, id: AccountId) -> Result<AccountAccess, AccountError> {
    let access = look_at(bank, caller, id).await?;
    if access.authority.standing == Standing::Staff {
        audit::record_read(bank, caller, Event::new("account.view", Subject::new("account", id))).await?;
    }
    Ok(access)
}

pub(super) fn holders(owners: &[AccountOwner]) -> Vec<UserId> {
    owners.iter().filter(|owner| owner.role.is_holder()).map(|owner| owner.user_id).collect()
}
