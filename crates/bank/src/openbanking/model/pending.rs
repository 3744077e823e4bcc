//! What becomes of announced rows: booked, perhaps with another amount, or dropped.

use chrono::{Duration, NaiveDate};
use kernel::Money;
use truelayer::data::Direction;

use super::identity::{ImportedRow, squeezed};

/// How long an announced row may take to be booked.
const PATIENCE: Duration = Duration::days(14);
/// By how much a booked amount may differ, in percent of the announced one: tips, fuel, hotels.
const TOLERANCE_PERCENT: i128 = 30;

/// Holds an announced row of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The day that the bank wrote.
    pub announced_on: NaiveDate,
    /// How much; positive.
    pub amount: Money,
    /// Which way.
    pub direction: Direction,
    /// The merchant, or the bank's text.
    pub merchant: String,
}

/// Says what has become of an announced row; numbers are positions in the list of booked rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is this row: same account, direction and amount, within the time.
    Booked(usize),
    /// It may be this row, whose amount differs; the customer is shown both.
    Perhaps(usize),
    /// It still waits.
    Waiting,
    /// Its time is over; dropped, with a record.
    Dropped,
}

/// Decides about the announced rows of one account, each booked row being at most one of them.
///
/// Exact amounts are matched first, oldest announcement first and nearest day first; only then similar ones.
pub fn fates(announced: &[Announced], booked: &[ImportedRow], today: NaiveDate) -> Vec<Fate> {
    let mut order: Vec<usize> = (0..announced.len()).collect();
    order.sort_by_key(|at| (announced[*at].announced_on, *at));
    let mut matched: Vec<Option<Fate>> = vec![None; announced.len()];
    let mut is_taken = vec![false; booked.len()];
    for is_last_round in [false, true] {
        for at in &order {
            if matched[*at].is_some() {
                continue;
            }
            let fits = |candidate: &ImportedRow| {
                if is_last_round {
                    is_similar(&announced[*at], candidate)
                } else {
                    is_exact(&announced[*at], candidate)
                }
            };
            if let Some(position) = nearest(booked, &is_taken, fits) {
                is_taken[position] = true;
                matched[*at] =
                    Some(if is_last_round { Fate::Perhaps(position) } else { Fate::Booked(position) });
            }
        }
    }
    let rest =
        |row: &Announced| if today > row.announced_on + PATIENCE { Fate::Dropped } else { Fate::Waiting };
    matched.into_iter().zip(announced).map(|(fate, row)| fate.unwrap_or_else(|| rest(row))).collect()
}

/// Returns the earliest booked row that is free and fits.
fn nearest(booked: &[ImportedRow], is_taken: &[bool], fits: impl Fn(&ImportedRow) -> bool) -> Option<usize> {
    let fitting = booked.iter().enumerate().filter(|(at, row)| !is_taken[*at] && fits(row));
    fitting.min_by_key(|(at, row)| (row.booked_on, *at)).map(|(at, _)| at)
}

fn is_possible(row: &Announced, candidate: &ImportedRow) -> bool {
    let days = row.announced_on..=row.announced_on + PATIENCE;
    row.direction == candidate.direction
        && row.amount.currency() == candidate.amount.currency()
        && days.contains(&candidate.booked_on)
}

fn is_exact(row: &Announced, candidate: &ImportedRow) -> bool {
    is_possible(row, candidate) && row.amount == candidate.amount
}

fn is_similar(row: &Announced, candidate: &ImportedRow) -> bool {
    let (announced, booked) = (i128::from(row.amount.minor()), i128::from(candidate.amount.minor()));
    let is_near = (booked - announced).abs() * 100 <= announced * TOLERANCE_PERCENT;
    is_possible(row, candidate) && is_near && sounds_alike(&row.merchant, &candidate.description)
}

/// Says whether two texts share at least half of the shorter one's words of three letters or more.
fn sounds_alike(one: &str, other: &str) -> bool {
    let words = |text: &str| {
        let text = squeezed(text);
        let words = text.split(|letter: char| !letter.is_alphanumeric());
        let mut words: Vec<String> =
            words.filter(|word| word.chars().count() >= 3).map(str::to_owned).collect();
        words.sort();
        words.dedup();
        words
    };
    let (one, other) = (words(one), words(other));
    let shared = one.iter().filter(|word| other.contains(word)).count();
    shared > 0 && shared * 2 >= one.len().min(other.len())
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).expect("a day of November")
    }

    fn announced(on: u32, minor: i64, merchant: &str) -> Announced {
        Announced {
            announced_on: day(on),
            amount: Money::new(minor, Currency::GBP),
            direction: Direction::Debit,
            merchant: merchant.to_owned(),
        }
    }

    fn booked(on: u32, minor: i64, text: &str) -> ImportedRow {
        ImportedRow {
            normalised_id: None,
            provider_id: None,
            booked_on: day(on),
            amount: Money::new(minor, Currency::GBP),
            direction: Direction::Debit,
            description: text.to_owned(),
        }
    }

    #[test]
    fn one_announcement_meets_one_row() {
        let dinner = announced(6, 5_000, "Trattoria Verde");
        for (row, today, expected) in [
            (booked(8, 5_000, "ANYTHING"), 8, Fate::Booked(0)),
            (booked(20, 5_000, "ANYTHING"), 20, Fate::Booked(0)),
            (booked(21, 5_000, "TRATTORIA VERDE"), 21, Fate::Dropped),
            (booked(5, 5_000, "TRATTORIA VERDE"), 8, Fate::Waiting),
            (booked(8, 5_600, "CARD PAYMENT TRATTORIA VERDE"), 8, Fate::Perhaps(0)),
            (booked(8, 6_500, "CARD PAYMENT TRATTORIA VERDE"), 8, Fate::Perhaps(0)),
            (booked(8, 6_501, "CARD PAYMENT TRATTORIA VERDE"), 8, Fate::Waiting),
            (booked(8, 3_500, "CARD PAYMENT TRATTORIA VERDE"), 8, Fate::Perhaps(0)),
            (booked(8, 5_600, "FUEL STOP"), 8, Fate::Waiting),
            (ImportedRow { direction: Direction::Credit, ..booked(8, 5_000, "X") }, 8, Fate::Waiting),
            (ImportedRow { amount: Money::new(5_000, Currency::EUR), ..booked(8, 0, "X") }, 8, Fate::Waiting),
        ] {
            assert_eq!(
                fates(std::slice::from_ref(&dinner), std::slice::from_ref(&row), day(today)),
                [expected],
                "{row:?}"
            );
        }
        assert_eq!(fates(std::slice::from_ref(&dinner), &[], day(20)), [Fate::Waiting]);
        assert_eq!(fates(&[dinner], &[], day(21)), [Fate::Dropped]);
    }

    #[test]
    fn a_row_is_booked_once_and_exact_amounts_come_first() {
        let two = [announced(6, 280, "City Buses"), announced(6, 280, "City Buses")];
        let one = [booked(7, 280, "CITY BUSES")];
        assert_eq!(fates(&two, &one, day(8)), [Fate::Booked(0), Fate::Waiting]);
        let both = [booked(7, 280, "CITY BUSES"), booked(8, 280, "CITY BUSES")];
        assert_eq!(fates(&two, &both, day(8)), [Fate::Booked(0), Fate::Booked(1)]);
        // The first could be either; the second fits only the row that the first would like as well.
        let mixed = [announced(6, 300, "City Buses"), announced(6, 280, "City Buses")];
        assert_eq!(fates(&mixed, &one, day(8)), [Fate::Waiting, Fate::Booked(0)]);
    }

    #[test]
    fn merchants_are_compared_by_words() {
        for (one, other, expected) in [
            ("Trattoria Verde", "CARD PAYMENT TRATTORIA VERDE LONDON", true),
            ("Sainsburys", "SAINSBURYS SMRKT STORE 128", true),
            ("Fuel Stop", "FUEL-STOP 17", true),
            ("Amazon", "AMZN", false),
            ("", "ANYTHING", false),
            ("A B", "A B", false),
        ] {
            assert_eq!(sounds_alike(one, other), expected, "{one} {other}");
            assert_eq!(sounds_alike(other, one), expected, "{other} {one}");
        }
    }
}
