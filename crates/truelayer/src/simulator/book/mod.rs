//! What a user has at a bank: accounts, cards, and transactions that follow from a seed and the calendar.
//!
//! [`Book::open`] makes the accounts with two years of history. Every later look first writes the days that have passed
//! ([`Book::advance`]), so transactions arrive as the clock goes on; what lies later today is written but not shown yet.
//! Balances are sums of what is shown, so they always add up. `days` says what happens on which day, and `quirks`
//! which rows have the oddities of real banks.

mod days;
mod holder;
mod instructions;
mod quirks;
mod rows;

use chrono::{Duration, NaiveDate};
use kernel::{Instant, Random};

use super::mock_user::MockUser;
use super::provider::FakeBank;

pub(super) use holder::{Holder, HolderKind};
pub(super) use instructions::{Debit, Order, debits, orders};
pub(super) use rows::{Pending, Row, Sort};

/// Numbers of one day; the upper half is for rows that were announced first.
const DAY: u64 = 1_000;
/// How much history a book begins with.
const HISTORY: Duration = Duration::days(730);

/// Holds one user's accounts and cards at one bank.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) holders: Vec<Holder>,
    written_until: NaiveDate,
    seed: u64,
    sequence: u64,
}

impl Book {
    /// Opens the accounts and writes their history.
    pub(super) fn open(bank: &FakeBank, user: &MockUser, seed: u64, now: Instant) -> Self {
        let start = (now - HISTORY).date_naive();
        let mut book = Self {
            holders: holder::all(bank, user),
            written_until: start,
            seed: mix(seed, bank, user),
            sequence: 0,
        };
        book.advance(now);
        book
    }

    /// Writes the days up to today.
    pub(super) fn advance(&mut self, now: Instant) {
        while self.written_until < now.date_naive() {
            self.written_until += Duration::days(1);
            let date = self.written_until;
            let day = u64::try_from(date.signed_duration_since(NaiveDate::default()).num_days())
                .unwrap_or_default();
            // Numbers follow from the day, so that a book opened on another day gives its rows the same names.
            self.sequence = day * DAY;
            let random = Random::seeded(self.seed ^ day.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            days::write(self, date, &random);
        }
        for holder in &mut self.holders {
            let due: Vec<Pending> = holder
                .pending
                .iter()
                .filter(|pending| pending.books_at.is_some_and(|at| at <= now))
                .cloned()
                .collect();
            holder.pending.retain(|pending| pending.until > now);
            holder.rows.extend(due.iter().map(|pending| pending.booked(pending.row.sequence + DAY / 2)));
        }
    }

    /// Finds an account or card by its name in the book.
    pub(super) fn find(&self, key: &str) -> Option<&Holder> {
        self.holders.iter().find(|holder| holder.key == key)
    }

    /// Books a row on an account or card.
    pub(super) fn add(&mut self, key: &str, mut row: Row) -> bool {
        self.sequence += 1;
        row.sequence = self.sequence;
        let holder = self.holders.iter_mut().find(|holder| holder.key == key);
        holder.map(|holder| holder.rows.push(row)).is_some()
    }

    /// Notes a row that is not booked yet.
    pub(super) fn add_pending(&mut self, key: &str, mut pending: Pending) -> bool {
        self.sequence += 1;
        pending.row.sequence = self.sequence;
        let holder = self.holders.iter_mut().find(|holder| holder.key == key);
        holder.map(|holder| holder.pending.push(pending)).is_some()
    }

    /// Books every pending row of an account now, with the amount times `percent` / 100; returns how many.
    pub(super) fn settle(&mut self, key: &str, percent: i64, now: Instant) -> usize {
        let Some(holder) = self.holders.iter_mut().find(|holder| holder.key == key) else { return 0 };
        let visible = |pending: &Pending| pending.row.at <= now;
        let (settled, rest): (Vec<_>, Vec<_>) = holder.pending.drain(..).partition(visible);
        holder.pending = rest;
        for pending in &settled {
            let mut row = pending.booked(pending.row.sequence + DAY / 2);
            row.at = now;
            row.minor = pending.row.minor * percent / 100;
            holder.rows.push(row);
        }
        settled.len()
    }
}

/// Makes one number of everything that tells books apart (FNV-1a).
fn mix(seed: u64, bank: &FakeBank, user: &MockUser) -> u64 {
    let bytes = [bank.id.as_bytes(), b"/", user.username.as_bytes()].concat();
    bytes.iter().fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::provider::Profile;

    fn now() -> Instant {
        "2026-11-19T12:00:00Z".parse().expect("an instant")
    }

    fn open(at: Instant) -> Book {
        let bank = FakeBank::all(Profile::Sandbox).next().expect("a bank");
        Book::open(bank, &MockUser::sign_in("john", "doe").expect("a user"), 1, at)
    }

    #[test]
    fn a_book_that_was_opened_earlier_agrees_with_one_that_was_opened_later() {
        let (mut early, late) = (open(now()), open(now() + Duration::days(40)));
        early.advance(now() + Duration::days(40));
        let recent = |book: &Book| {
            let rows = book.holders[0].rows.iter().filter(|row| row.at > now() - Duration::days(600));
            let mut texts: Vec<_> =
                rows.map(|row| (row.at, row.sequence, row.minor, row.description.clone())).collect();
            texts.sort();
            texts
        };
        assert_eq!(recent(&early), recent(&late));
    }

    #[test]
    fn the_current_account_sees_what_a_household_sees() {
        let book = open(now());
        let current = book.find("current").expect("an account");
        for sort in [
            Sort::Salary,
            Sort::StandingOrder,
            Sort::DirectDebit,
            Sort::Groceries,
            Sort::Refund,
            Sort::Fee,
            Sort::Cash,
            Sort::Foreign,
            Sort::OwnTransfer,
        ] {
            assert!(current.rows.iter().any(|row| row.sort == sort), "{sort:?}");
        }
        assert!(current.rows.len() > 500, "{}", current.rows.len());
        assert!(current.balance(now()) > 0, "the household gets by: {}", current.balance(now()));
    }

    #[test]
    fn money_between_own_accounts_leaves_one_and_arrives_at_the_other() {
        let book = open(now());
        let moved = |key: &str| {
            let rows = &book.find(key).expect(key).rows;
            rows.iter()
                .filter(|row| row.sort == Sort::OwnTransfer && row.description.contains("SAVER"))
                .map(|row| row.minor)
                .sum::<i64>()
        };
        assert_eq!(moved("current"), -moved("savings"));
        assert!(moved("savings") > 0);
    }
}
