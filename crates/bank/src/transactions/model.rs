//! A line of a list, and what a list may be narrowed by.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use kernel::{AccountId, Cursor, Money};
use ledger::{Direction, Entry};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::accounts::AccountError;
use crate::context::Forbidden;
use crate::guard::OtherSide;

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

impl Filter {
    /// Says whether it lets every line of its accounts through.
    pub fn is_open(&self) -> bool {
        *self == Self { account: self.account, ..Self::default() }
    }
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
    /// Who the other side was.
    pub counterparty: OtherSide,
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

/// Says where each account of a merged list continues on the next page.
///
/// It names every account that had more to show when the page was cut; one that it does not name has been shown
/// to its end. What is booked later lies above all of it, so that it neither appears in between nor moves a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest(HashMap<AccountId, i64>);

impl Rest {
    /// Reads a cursor of this list; none before the first page.
    ///
    /// # Errors
    /// [`TransactionsError::Cursor`] for any other.
    pub fn read(cursor: Option<&Cursor>) -> Result<Option<Self>, TransactionsError> {
        cursor.map(|cursor| cursor.key().map_err(|_| TransactionsError::Cursor)).transpose()
    }

    /// Notes the entries that were found and did not fit; none when all were shown.
    pub fn of(entries: &[Entry]) -> Option<Self> {
        let mut below = HashMap::new();
        for entry in entries {
            let above: &mut i64 = below.entry(entry.account_id).or_default();
            *above = (*above).max(entry.sequence + 1);
        }
        (!below.is_empty()).then_some(Self(below))
    }

    /// Returns the sequence number that the next page of an account stays below; none when it has ended.
    pub fn below(&self, account: AccountId) -> Option<i64> {
        self.0.get(&account).copied()
    }
}

impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pairs: Vec<_> = self.0.iter().collect();
        pairs.sort();
        let texts: Vec<_> = pairs.iter().map(|(account, below)| format!("{account}:{below}")).collect();
        f.write_str(&texts.join(","))
    }
}

impl FromStr for Rest {
    type Err = TransactionsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pairs = text.split(',').map(|pair| {
            let (account, below) = pair.split_once(':')?;
            Some((account.parse().ok()?, below.parse().ok()?))
        });
        pairs.collect::<Option<HashMap<_, _>>>().map(Self).ok_or(TransactionsError::Cursor)
    }
}

/// Merges the accounts' newest entries into one list, newest first, and cuts off what exceeds `limit`.
///
/// Within an account the sequence decides, whatever the clock showed (one commit books many transfers at one
/// instant): what is cut off lies below what is shown. Between accounts their next entries' times decide.
pub fn merge(entries: Vec<Entry>, limit: usize) -> (Vec<Entry>, Vec<Entry>) {
    let mut accounts: BTreeMap<AccountId, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        accounts.entry(entry.account_id).or_default().push(entry);
    }
    let mut queues: Vec<Vec<Entry>> = accounts.into_values().collect();
    for queue in &mut queues {
        queue.sort_by_key(|entry| entry.sequence);
    }
    let mut shown = Vec::new();
    while shown.len() < limit {
        let newest = queues.iter_mut().max_by_key(|queue| queue.last().map(|entry| entry.booked_at));
        match newest.and_then(Vec::pop) {
            Some(entry) => shown.push(entry),
            None => break,
        }
    }
    (shown, queues.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn account(number: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn a_cursor_names_the_accounts_that_have_more_to_show() {
        let rest = Rest([(account(1), 7), (account(2), 3)].into_iter().collect());
        let cursor: Cursor = Cursor::new(&rest).to_string().parse().expect("a cursor");
        let again = Rest::read(Some(&cursor)).expect("the same").expect("one");
        assert_eq!(again, rest);
        assert_eq!((again.below(account(1)), again.below(account(3))), (Some(7), None));
        assert!(Rest::read(Some(&Cursor::new("12"))).is_err());
        assert_eq!(Rest::read(None).expect("none"), None);
        assert_eq!(Rest::of(&[]), None);
    }

    #[test]
    fn a_page_that_cuts_a_batch_leaves_only_lower_numbers_of_each_account() {
        // One commit books many transfers at one instant, and ids do not sort as numbers do.
        let at: kernel::Instant = "2026-03-02T09:00:00Z".parse().expect("an instant");
        let entry = |holder: u128, sequence: i64| Entry {
            account_id: account(holder),
            sequence,
            transfer_id: kernel::TransferId::from_uuid(Uuid::from_u128(
                1000 - u128::from(sequence.unsigned_abs()),
            )),
            direction: Direction::Credit,
            amount_minor: 1,
            balance_after_minor: sequence,
            counterparty_account_id: account(9),
            code: "transfer".to_owned(),
            reference: String::new(),
            booked_at: at,
            effective_on: at.date_naive(),
        };
        let all: Vec<Entry> = (1..=10).flat_map(|number| [entry(1, number), entry(2, number)]).collect();
        let (page, cut) = merge(all.clone(), 7);
        assert_eq!((page.len(), cut.len()), (7, 13));
        let rest = Rest::of(&cut).expect("more to show");
        let again =
            all.iter().filter(|one| rest.below(one.account_id).is_some_and(|below| one.sequence < below));
        assert_eq!(again.count(), 13, "nothing is skipped, nothing stands twice");
    }
}
