//! What a person pays from alone, to be remembered for a while.

use std::collections::HashMap;

use kernel::{AccountId, UserId};
use ledger::Seen;
use sea_orm::{ConnectionTrait, DbErr};

use super::super::model::{Account, AccountOwner, Need, Product, signers};
use super::super::store;
use super::access::holders;
use crate::guard::Purse;
use crate::kyc::{self, KycLevel};

/// The most accounts of one person that are remembered; the others are looked up for each payment.
const MOST: u64 = 500;

/// Returns the accounts from which a person pays without anybody else, and whose holders are known well enough.
///
/// What is not among them is judged by [`super::find_for`]. Costs five round trips.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn purses(conn: &impl ConnectionTrait, user: UserId) -> Result<HashMap<AccountId, Purse>, DbErr> {
    let owned = store::several::owned_by(conn, user, MOST).await?;
    let ids: Vec<AccountId> = owned.into_iter().map(|(id, _)| id).collect();
    // Versions first: what changes after they were read shows under the account's lock.
    let versions = ledger::accounts::access_versions(conn, &ids).await?;
    let mut owners: HashMap<AccountId, Vec<AccountOwner>> = HashMap::new();
    for owner in store::owners_of_all(conn, &ids).await? {
        owners.entry(owner.account_id).or_default().push(owner);
    }
    let people: Vec<UserId> = owners.values().flatten().map(|owner| owner.user_id).collect();
    let levels = kyc::service::levels(conn, &people).await?;
    let mut rows: HashMap<AccountId, (Account, Product)> =
        store::several::by_ids(conn, &ids).await?.into_iter().map(|row| (row.0.id, row)).collect();
    let mut purses = HashMap::with_capacity(ids.len());
    for Seen { account: id, access_version } in versions {
        let (Some(row), Some(owners)) = (rows.remove(&id), owners.get(&id)) else { continue };
        if let Some(is_own) = pays_alone(user, &row, owners, &levels) {
            purses.insert(id, Purse { is_own, access_version });
        }
    }
    Ok(purses)
}

/// Says whether the person owns the account; none when more than the person is needed to pay from it.
fn pays_alone(
    user: UserId,
    (account, product): &(Account, Product),
    owners: &[AccountOwner],
    levels: &HashMap<UserId, KycLevel>,
) -> Option<bool> {
    let role = owners.iter().find(|owner| owner.user_id == user)?.role;
    let level = |holder: &UserId| levels.get(holder).copied().unwrap_or(KycLevel::NONE);
    let known = holders(owners).iter().all(|holder| level(holder) >= product.minimum_kyc_level);
    let alone = role.may(Need::Pay) && signers(owners).is_empty() && account.closed_at.is_none() && known;
    alone.then_some(role.is_holder())
}
