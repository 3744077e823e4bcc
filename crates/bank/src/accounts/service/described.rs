//! Accounts as staff knows them, customers' and the bank's own alike, for what shows both sides of a movement.

use kernel::AccountId;
use ledger::lookup;
use sea_orm::{ConnectionTrait, DbErr};

use super::super::store;
use super::{access, numbered_accounts};
use crate::identity::directory;

/// Describes an account to staff.
#[derive(Clone, Debug)]
pub struct DescribedAccount {
    /// Its number in groups, or what the bank's own account is for: `Cash`.
    pub name: String,
    /// The holders' names, the first holder first; nobody for the bank's own.
    pub holders: Vec<String>,
    /// Its balances.
    pub books: ledger::Account,
}

impl DescribedAccount {
    /// Returns the account's id.
    pub fn id(&self) -> AccountId {
        self.books.id
    }

    /// Says whether the account is a customer's.
    pub fn is_customers(&self) -> bool {
        self.books.code == ledger::chart::CUSTOMER_DEPOSIT
    }
}

/// Describes accounts, in the order of `ids`; unknown ids are left out. For staff: the caller has judged.
///
/// Costs four statements, however many accounts.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn described(
    conn: &impl ConnectionTrait,
    ids: &[AccountId],
) -> Result<Vec<DescribedAccount>, DbErr> {
    let books = lookup::accounts(conn, ids).await?;
    let numbers = numbered_accounts(conn, ids).await?;
    let owners = store::owners_of_all(conn, ids).await?;
    let names = directory::named(conn, access::holders(&owners)).await?;
    let describe = |id: &AccountId| {
        let books = books.iter().find(|books| books.id == *id)?.clone();
        let number = numbers.iter().find(|account| account.id == *id);
        let of_account: Vec<_> = owners.iter().filter(|owner| owner.account_id == *id).cloned().collect();
        let holders = access::holders(&of_account).into_iter();
        let holders = holders.map(|user| names.get(&user).cloned().unwrap_or_else(|| user.to_string()));
        let name = number.map_or_else(|| words(&books.code), |account| account.number.grouped());
        Some(DescribedAccount { name, holders: holders.collect(), books })
    };
    Ok(ids.iter().filter_map(describe).collect())
}

/// Writes a code of the chart of accounts as words: `settlement_wires` is `Settlement wires`.
fn words(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
