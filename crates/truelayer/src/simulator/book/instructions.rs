//! Standing orders and direct debits, as they stand beside the rows that they cause.

use chrono::{Datelike as _, Months, NaiveDate};
use kernel::Instant;

use super::holder::{Holder, HolderKind};
use super::rows::Sort;

/// Describes a standing order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) frequency: &'static str,
    pub(crate) day: u32,
    pub(crate) minor: i64,
    pub(crate) payee: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) next_on: NaiveDate,
}

/// Describes a direct debit.
#[derive(Clone, Debug)]
pub(crate) struct Debit {
    pub(crate) name: String,
    pub(crate) minor: i64,
    pub(crate) collected_at: Instant,
}

/// Lists the standing orders of an account.
pub(crate) fn orders(holder: &Holder, now: Instant) -> Vec<Order> {
    if holder.kind != HolderKind::Current {
        return Vec::new();
    }
    let order = |day, frequency, minor, payee, reference| Order {
        frequency,
        day,
        minor,
        payee,
        reference,
        next_on: next(now.date_naive(), day),
    };
    vec![
        order(1, "IntrvlMnthDay:01:01", 95_000, "HARBOUR LETTINGS", "RENT FLAT 4"),
        order(26, "IntrvlMnthDay:01:26", 20_000, "EASY SAVER", "SAVINGS"),
    ]
}

/// Lists the direct debits of an account, each with its last collection.
pub(crate) fn debits(holder: &Holder, now: Instant) -> Vec<Debit> {
    let mut debits: Vec<Debit> = Vec::new();
    let collected = |row: &&super::Row| row.sort == Sort::DirectDebit && row.at <= now;
    for row in holder.rows.iter().filter(collected) {
        let debit = Debit { name: row.description.clone(), minor: -row.minor, collected_at: row.at };
        match debits.iter_mut().find(|known| known.name == debit.name) {
            Some(known) if known.collected_at < debit.collected_at => *known = debit,
            Some(_) => {}
            None => debits.push(debit),
        }
    }
    debits
}

fn next(today: NaiveDate, day: u32) -> NaiveDate {
    let this_month = today.with_day(day).unwrap_or(today);
    if this_month > today {
        this_month
    } else {
        this_month.checked_add_months(Months::new(1)).unwrap_or(today)
    }
}
