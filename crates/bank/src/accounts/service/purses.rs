//! What a person pays from alone, to be remembered for a while.

use std::collections::{BTreeSet, HashMap};

use kernel::UserId;
use ledger::Seen;
use sea_orm::{ConnectionTrait, DbErr};

use super::super::model::{AccountOwner, Need, signers};
use super::super::store::several::{Share, shares_of};
use super::access::holders;
use crate::guard::Purses;
use crate::kyc::{self, KycLevel};

/// The most accounts of one person that are remembered; the others are looked up for each payment.
const MOST: u64 = 500;

/// Returns the accounts from which a person pays without anybody else, and whose holders are known well enough: the person's
/// own, and those of others.
///
/// What is not among them is judged by [`super::find_for`]. Costs two round trips.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn purses(conn: &impl ConnectionTrait, user: UserId) -> Result<(Purses, Purses), DbErr> {
    let shares = shares_of(conn, user, MOST).await?;
    // Later than what else is known of the accounts: a level that falls raises the standing epoch.
    let people: BTreeSet<UserId> = shares.iter().map(|share| share.owner.user_id).collect();
    let levels = kyc::service::levels(conn, &Vec::from_iter(people)).await?;
    let (mut own, mut entrusted) = (Vec::new(), Vec::new());
    for shares in shares.chunk_by(|one, next| one.owner.account_id == next.owner.account_id) {
        let Share { owner, access_version, .. } = &shares[0];
        let seen = Seen { account: owner.account_id, access_version: *access_version };
        match pays_alone(user, shares, &levels) {
            Some(true) => own.push(seen),
            Some(false) => entrusted.push(seen),
            None => {}
        }
    }
    Ok((own.into_iter().collect(), entrusted.into_iter().collect()))
}

/// Says whether the person owns the account; none when more than the person is needed to pay from it.
fn pays_alone(user: UserId, shares: &[Share], levels: &HashMap<UserId, KycLevel>) -> Option<bool> {
    let owners: Vec<AccountOwner> = shares.iter().map(|share| share.owner.clone()).collect();
    let role = owners.iter().find(|owner| owner.user_id == user)?.role;
    let level = |holder: &UserId| levels.get(holder).copied().unwrap_or(KycLevel::NONE);
    let known = holders(&owners).iter().all(|holder| level(holder) >= shares[0].minimum_kyc_level);
    let alone = role.may(Need::Pay) && signers(&owners).is_empty() && known;
    alone.then_some(role.is_holder())
}
