//! Calendar months, the unit in which the books are closed.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};
use thiserror::Error;

/// Names one calendar month: `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

/// Says that a text is not a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected a month as YYYY-MM")]
pub struct MonthError;

impl Month {
    /// Returns the month that a day lies in.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Returns the month before.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.checked_sub_months(Months::new(1)).unwrap_or(self.0))
    }

    /// Returns its first day.
    pub const fn first_day(self) -> NaiveDate {
        self.0
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = format!("{text}-01").parse().map_err(|_| MonthError)?;
        if text.len() == 7 { Ok(Self(day)) } else { Err(MonthError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_and_shown_as_year_and_month() {
        let month: Month = "2026-02".parse().expect("a month");
        assert_eq!(month.to_string(), "2026-02");
        assert_eq!(Month::of("2026-02-28".parse().expect("a day")), month);
        assert_eq!(month.before().before().to_string(), "2025-12");
        for text in ["2026-13", "2026-2", "2026", "2026-02-01", ""] {
            assert_eq!(text.parse::<Month>(), Err(MonthError), "{text}");
        }
    }
}
