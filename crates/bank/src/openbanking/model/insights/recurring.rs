//! What recurs: the same party, about the same amount, at a regular distance.

use std::collections::BTreeMap;

use chrono::{Duration, Months, NaiveDate};
use kernel::Money;
use serde::Serialize;
use truelayer::data::Direction;
use utoipa::ToSchema;

use super::super::identity::squeezed;
use super::{Kind, SeenRow, kinds};

/// How often something must have happened to recur.
const LEAST: usize = 3;
/// By how much amounts may differ from the middle one, in percent.
const TOLERANCE_PERCENT: i128 = 20;

/// Says how far apart repetitions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RecurringInterval)]
pub enum Interval {
    /// Seven days.
    Weekly,
    /// Fourteen days.
    Fortnightly,
    /// A month.
    Monthly,
    /// Three months.
    Quarterly,
    /// A year.
    Yearly,
}

/// Each interval with the distances in days that count as it: weekends and short months move payments.
const DISTANCES: [(Interval, i64, i64); 5] = [
    (Interval::Weekly, 6, 8),
    (Interval::Fortnightly, 12, 16),
    (Interval::Monthly, 26, 35),
    (Interval::Quarterly, 85, 98),
    (Interval::Yearly, 355, 375),
];

impl Interval {
    fn after(self, on: NaiveDate) -> NaiveDate {
        let months = |count| on.checked_add_months(Months::new(count)).unwrap_or(on);
        match self {
            Self::Weekly => on + Duration::days(7),
            Self::Fortnightly => on + Duration::days(14),
            Self::Monthly => months(1),
            Self::Quarterly => months(3),
            Self::Yearly => months(12),
        }
    }

    fn patience(self) -> Duration {
        let longest =
            DISTANCES.iter().find(|(interval, ..)| *interval == self).map_or(0, |(_, _, longest)| *longest);
        Duration::days(longest)
    }
}

/// Describes something that recurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurring {
    /// With whom.
    pub party: String,
    /// Which way.
    pub direction: Direction,
    /// How often.
    pub interval: Interval,
    /// The middle one of the amounts.
    pub amount: Money,
    /// When it happened last.
    pub last_on: NaiveDate,
    /// When it should happen next.
    pub next_on: NaiveDate,
}

/// Finds what recurs and has not stopped by `today`; own transfers and refunds do not count.
///
/// Numbers in a party's text are ignored: invoices and dates change with every payment.
pub fn recurring(rows: &[SeenRow], today: NaiveDate) -> Vec<Recurring> {
    let mut parties: BTreeMap<(String, String, bool), Vec<&SeenRow>> = BTreeMap::new();
    for (row, kind) in rows.iter().zip(kinds(rows)) {
        if matches!(kind, Kind::Income | Kind::Spending(_)) {
            let is_debit = row.direction == Direction::Debit;
            let key = (party(&row.party), row.amount.currency().to_string(), is_debit);
            parties.entry(key).or_default().push(row);
        }
    }
    let found = parties.into_iter().filter_map(|((party, ..), rows)| judge(party, rows));
    found.filter(|found| today <= found.last_on + found.interval.patience()).collect()
}

fn party(text: &str) -> String {
    let text = squeezed(text);
    let words = text.split(' ').filter(|word| !word.chars().any(|letter| letter.is_ascii_digit()));
    let kept: Vec<&str> = words.collect();
    if kept.is_empty() { text } else { kept.join(" ") }
}

fn judge(party: String, mut rows: Vec<&SeenRow>) -> Option<Recurring> {
    rows.sort_by_key(|row| row.on);
    if rows.len() < LEAST {
        return None;
    }
    let distances: Vec<i64> = rows.windows(2).map(|pair| (pair[1].on - pair[0].on).num_days()).collect();
    let (interval, ..) = *DISTANCES
        .iter()
        .find(|(_, least, most)| distances.iter().all(|days| (*least..=*most).contains(days)))?;
    let mut amounts: Vec<Money> = rows.iter().map(|row| row.amount).collect();
    amounts.sort_unstable_by_key(|amount| amount.minor());
    let middle = amounts[amounts.len() / 2];
    let is_near = |amount: &Money| {
        let difference = i128::from(amount.minor()) - i128::from(middle.minor());
        difference.abs() * 100 <= i128::from(middle.minor()) * TOLERANCE_PERCENT
    };
    let last = rows.last()?;
    amounts.iter().all(is_near).then(|| Recurring {
        party,
        direction: last.direction,
        interval,
        amount: middle,
        last_on: last.on,
        next_on: interval.after(last.on),
    })
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::super::row;
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn regular_distances_and_steady_amounts_recur() {
        for (days, minors, expected) in [
            (["2026-08-25", "2026-09-25", "2026-10-26"], [100, 100, 100], Some(Interval::Monthly)),
            (["2026-10-12", "2026-10-19", "2026-10-27"], [100, 110, 90], Some(Interval::Weekly)),
            (["2026-10-01", "2026-10-15", "2026-10-29"], [100, 100, 100], Some(Interval::Fortnightly)),
            (["2026-05-01", "2026-08-03", "2026-11-02"], [100, 100, 100], Some(Interval::Quarterly)),
            (["2024-11-10", "2025-11-10", "2026-11-10"], [100, 100, 100], Some(Interval::Yearly)),
            (["2026-08-25", "2026-09-25", "2026-10-06"], [100, 100, 100], None),
            (["2026-08-25", "2026-09-25", "2026-10-26"], [100, 100, 121], None),
            (["2026-10-26", "2026-10-26", "2026-10-26"], [100, 100, 100], None),
        ] {
            let rows: Vec<_> =
                days.iter().zip(minors).map(|(on, minor)| row(0, on, -minor, "BRIGHTSPARK 0711")).collect();
            let found = recurring(&rows, day("2026-11-10"));
            let interval = found.first().map(|found| found.interval);
            // A weekly payment that was last seen two weeks ago has stopped.
            let expected = expected.filter(|interval| *interval != Interval::Weekly);
            assert_eq!(interval, expected, "{days:?} {minors:?}");
        }
    }

    #[test]
    fn the_next_one_is_foretold_until_it_stays_away_too_long() {
        let rows = [
            row(0, "2026-08-31", 285_000, "NORTHWIND SALARY AUG26"),
            row(0, "2026-09-30", 285_000, "Northwind  salary SEP26"),
            row(0, "2026-10-31", 290_000, "NORTHWIND SALARY OCT26"),
        ];
        let expected = Recurring {
            party: "NORTHWIND SALARY".to_owned(),
            direction: Direction::Credit,
            interval: Interval::Monthly,
            amount: Money::new(285_000, Currency::GBP),
            last_on: day("2026-10-31"),
            next_on: day("2026-11-30"),
        };
        assert_eq!(recurring(&rows, day("2026-12-05")), [expected]);
        assert!(recurring(&rows, day("2026-12-06")).is_empty(), "thirty-five days are over");
        assert!(recurring(&rows[..2], day("2026-10-01")).is_empty(), "twice is chance");
    }

    #[test]
    fn directions_currencies_and_own_transfers_are_kept_apart() {
        let months = ["2026-08-26", "2026-09-26", "2026-10-26"];
        let transfer = |account, minor| {
            months.map(|on| SeenRow {
                category: truelayer::data::TransactionCategory::Transfer,
                ..row(account, on, minor, "SAVER")
            })
        };
        let own = [transfer(0, -20_000), transfer(1, 20_000)].concat();
        assert!(recurring(&own, day("2026-11-01")).is_empty());
        let mut mixed = transfer(0, -20_000).to_vec();
        mixed[1].direction = Direction::Credit;
        assert!(recurring(&mixed, day("2026-11-01")).is_empty());
        assert_eq!(recurring(&transfer(0, -20_000), day("2026-11-01")).len(), 1);
    }
}
