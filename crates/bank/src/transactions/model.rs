//! A line of a list, and what a list may be narrowed by.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use kernel::{AccountId, Cursor, Instant, Money, TransferId};
use ledger::{Direction, Entry};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::accounts::AccountError;
use crate::context::Forbidden;

/// The most accounts that one list merges.
pub const MOST_ACCOUNTS: usize = 100;

/// Says on which side of the account a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Money went out.
    Debit,
    /// Money came in.
    Credit,
}

impl From<Direction> for Side {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Debit => Self::Debit,
            Direction::Credit => Self::Credit,
        }
    }
}

impl From<Side> for Direction {
    fn from(side: Side) -> Self {
        match side {
            Side::Debit => Self::Debit,
            Side::Credit => Self::Credit,
        }
    }
}

/// Narrows a list; everything given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One account only.
    pub account: Option<AccountId>,
    /// Effective on this day or later.
    pub from: Option<NaiveDate>,
    /// Effective on this day or earlier.
    pub to: Option<NaiveDate>,
    /// At least this much, in minor units.
    pub least_minor: Option<i64>,
    /// At most this much, in minor units.
    pub most_minor: Option<i64>,
    /// This side only.
    pub side: Option<Side>,
    /// This code only: `transfer`, `fee`.
    pub code: Option<String>,
    /// The reference contains this, whatever its case.
    pub text: Option<String>,
}

/// Shows one line of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The ledger's entry.
    pub entry: Entry,
    /// How much.
    pub amount: Money,
    /// What the account held after it.
    pub balance_after: Money,
    /// Who the other side was: a masked number, or what the bank's own account is for.
    pub counterparty: String,
}

/// Says why a list was not shown.
#[derive(Debug, Error)]
pub enum TransactionsError {
    /// The caller lacks the permission.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The transaction is absent, or touches none of the caller's accounts.
    #[error("no such transaction")]
    NotFound,
    /// The account is absent, or not the caller's.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The cursor was not made by this list.
    #[error("not a cursor of this list")]
    Cursor,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

/// Says how far each account of a merged list has been shown: the next page continues below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(pub HashMap<AccountId, i64>);

impl Shown {
    /// Reads a cursor of this list.
    ///
    /// # Errors
    /// [`TransactionsError::Cursor`] for any other.
    pub fn read(cursor: Option<&Cursor>) -> Result<Self, TransactionsError> {
        cursor.map_or(Ok(Self::default()), |cursor| cursor.key().map_err(|_| TransactionsError::Cursor))
    }

    /// Returns the sequence number that the next page of an account stays below.
    pub fn below(&self, account: AccountId) -> i64 {
        self.0.get(&account).copied().unwrap_or(i64::MAX)
    }

    /// Moves on past the entries that were shown.
    #[must_use]
    pub fn after(mut self, entries: &[Entry]) -> Self {
        for entry in entries {
            let below = self.0.entry(entry.account_id).or_insert(i64::MAX);
            *below = (*below).min(entry.sequence);
        }
        self
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pairs: Vec<_> = self.0.iter().collect();
        pairs.sort();
        let texts: Vec<_> = pairs.iter().map(|(account, below)| format!("{account}:{below}")).collect();
        f.write_str(&texts.join(","))
    }
}

impl FromStr for Shown {
    type Err = TransactionsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pairs = text.split(',').map(|pair| {
            let (account, below) = pair.split_once(':')?;
            Some((account.parse().ok()?, below.parse().ok()?))
        });
        pairs.collect::<Option<HashMap<_, _>>>().map(Self).ok_or(TransactionsError::Cursor)
    }
}

/// Merges the accounts' newest entries into one list, newest first, and cuts it to `limit`.
pub fn merge(mut entries: Vec<Entry>, limit: usize) -> Vec<Entry> {
    entries.sort_by(|one, other| order(other).cmp(&order(one)));
    entries.truncate(limit);
    entries
}

/// Within an account the sequence decides, between accounts the time.
fn order(entry: &Entry) -> (Instant, TransferId, AccountId, i64) {
    (entry.booked_at, entry.transfer_id, entry.account_id, entry.sequence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn account(number: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn a_cursor_remembers_every_account_it_has_shown() {
        let shown = Shown([(account(1), 7), (account(2), 3)].into_iter().collect());
        let cursor: Cursor = Cursor::new(&shown).to_string().parse().expect("a cursor");
        let again = Shown::read(Some(&cursor)).expect("the same");
        assert_eq!(again, shown);
        assert_eq!((again.below(account(1)), again.below(account(3))), (7, i64::MAX));
        assert!(Shown::read(Some(&Cursor::new("12"))).is_err());
        assert_eq!(Shown::read(None).expect("none"), Shown::default());
    }
}
