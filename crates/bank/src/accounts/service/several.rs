//! Many accounts at once, for the slices above.

use std::collections::{BTreeSet, HashMap};

use kernel::{AccountId, AccountNumber, Currency};
use sea_orm::{ConnectionTrait, DbErr};

use super::super::model::{Account, Need};
use super::super::store::{self, several::Numbered};
use crate::guard::OtherSide;
use crate::{Bank, Caller, Permission};

/// The most accounts of one person that are looked at together.
const MOST: u64 = 500;

/// Names an account with its currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedAccount {
    /// The account, which is the ledger's.
    pub id: AccountId,
    /// Its number.
    pub number: AccountNumber,
    /// Its currency.
    pub currency: Currency,
}

/// Finds the accounts behind numbers; closed ones and numbers that are nobody's are left out.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find_by_numbers(
    conn: &impl ConnectionTrait,
    numbers: &[AccountNumber],
) -> Result<HashMap<AccountNumber, NumberedAccount>, DbErr> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = store::several::by_numbers(conn, numbers).await?;
    let open = rows.into_iter().filter(|(account, _)| account.closed_at.is_none());
    Ok(open.map(|(account, product)| (account.number.clone(), numbered(account, product.currency))).collect())
}

/// Returns those of `ids` that the caller owns, not merely acts for.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn held_by(
    conn: &impl ConnectionTrait,
    caller: &Caller,
    ids: &[AccountId],
) -> Result<Vec<NumberedAccount>, DbErr> {
    let Some(user) = caller.user_id.filter(|_| !ids.is_empty()) else {
        return Ok(Vec::new());
    };
    let owned = store::several::owned_by(conn, user, MOST).await?;
    let held: Vec<AccountId> = owned
        .into_iter()
        .filter(|(id, role)| role.is_holder() && ids.contains(id))
        .map(|(id, _)| id)
        .collect();
    numbered_accounts(conn, &held).await
}

/// Returns the accounts that the caller may see as one of their owners, newest first, closed ones included.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn seen_by(conn: &impl ConnectionTrait, caller: &Caller) -> Result<Vec<NumberedAccount>, DbErr> {
    let Some(user) = caller.user_id.filter(|_| caller.may(Permission::ReadOwnAccounts)) else {
        return Ok(Vec::new());
    };
    let owned = store::several::owned_by(conn, user, MOST).await?;
    let seen: Vec<AccountId> =
        owned.into_iter().filter(|(_, role)| role.may(Need::View)).map(|(id, _)| id).collect();
    numbered_accounts(conn, &seen).await
}

/// Returns numbers and currencies of accounts; the bank's own have none and are left out.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn numbered_accounts(
    conn: &impl ConnectionTrait,
    ids: &[AccountId],
) -> Result<Vec<NumberedAccount>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = store::several::numbers(conn, ids).await?;
    Ok(rows.into_iter().map(named).collect())
}

/// Returns numbers and currencies of accounts for a look at them; the bank's own have none and are left out.
///
/// Costs a share of a round trip: those who look at this moment share the statement.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn look_at_numbers(bank: &Bank, ids: &[AccountId]) -> Result<Vec<NumberedAccount>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = store::several::gather_numbers(&bank.db, ids).await?;
    Ok(rows.into_iter().map(named).collect())
}

/// Returns what accounts are called by others, in their order.
///
/// Costs nothing where each was met before, and otherwise a share of a round trip. One that is not there, perhaps not yet
/// on a replica, passes for the bank's own and is not remembered.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn look_at_others(bank: &Bank, ids: &[AccountId]) -> Result<Vec<OtherSide>, DbErr> {
    let known = bank.guard.other_sides().recall(ids);
    let unknown: BTreeSet<AccountId> =
        ids.iter().zip(&known).filter(|(_, side)| side.is_none()).map(|(id, _)| *id).collect();
    let mut read = HashMap::new();
    if !unknown.is_empty() {
        for (id, number) in store::several::gather_others(&bank.db, unknown).await? {
            let side = number.map_or(OtherSide::Bank, |number| OtherSide::Customer(number.masked()));
            read.insert(id, side);
        }
        bank.guard.other_sides().keep(&read);
    }
    let side = |(id, known): (&AccountId, Option<OtherSide>)| known.or_else(|| read.get(id).copied());
    Ok(ids.iter().zip(known).map(|one| side(one).unwrap_or(OtherSide::Bank)).collect())
}

fn named((id, number, currency): Numbered) -> NumberedAccount {
    NumberedAccount { id, number, currency }
}

fn numbered(account: Account, currency: Currency) -> NumberedAccount {
    NumberedAccount { id: account.id, number: account.number, currency }
}
