//! The flow of each month, by currency, and what was spent for what.

use std::collections::BTreeMap;
use std::fmt;

use chrono::Datelike as _;
use kernel::{Currency, Money, MoneyError};

use super::{Kind, SeenRow, kinds};

/// Names a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// The year.
    pub year: i32,
    /// The month, from one.
    pub month: u32,
}

impl fmt::Display for Month {
    /// Writes it as ISO 8601 does: `2026-11`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// Holds what came in and went out in a month, in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// What came in.
    pub income: Money,
    /// What was spent for what, less what came back; below zero when more came back than was spent.
    pub spending: BTreeMap<String, Money>,
}

impl Flow {
    const fn empty(currency: Currency) -> Self {
        Self { income: Money::zero(currency), spending: BTreeMap::new() }
    }

    /// Sums what was spent.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn spent(&self) -> Result<Money, MoneyError> {
        self.spending.values().try_fold(Money::zero(self.income.currency()), |sum, amount| sum.plus(*amount))
    }

    /// Returns what is left of the income.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn left(&self) -> Result<Money, MoneyError> {
        self.income.minus(self.spent()?)
    }
}

/// Holds the flows of a customer's accounts by currency code and month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Household {
    /// The flows.
    pub flows: BTreeMap<(String, Month), Flow>,
}

impl Household {
    /// Adds the rows up.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn of(rows: &[SeenRow]) -> Result<Self, MoneyError> {
        let mut household = Self::default();
        for (row, kind) in rows.iter().zip(kinds(rows)) {
            household.add(row, kind)?;
        }
        Ok(household)
    }

    fn add(&mut self, row: &SeenRow, kind: Kind) -> Result<(), MoneyError> {
        let currency = row.amount.currency();
        let month = Month { year: row.on.year(), month: row.on.month() };
        let key = (currency.to_string(), month);
        let (purpose, amount) = match kind {
            Kind::OwnTransfer => return Ok(()),
            Kind::Income => {
                let flow = self.flows.entry(key).or_insert_with(|| Flow::empty(currency));
                flow.income = flow.income.plus(row.amount)?;
                return Ok(());
            }
            Kind::Spending(purpose) => (purpose, row.amount),
            Kind::Refund(purpose) => (purpose, Money::zero(currency).minus(row.amount)?),
        };
        let flow = self.flows.entry(key).or_insert_with(|| Flow::empty(currency));
        let sum = flow.spending.entry(purpose).or_insert_with(|| Money::zero(currency));
        *sum = sum.plus(amount)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use truelayer::data::TransactionCategory as Category;

    use super::super::row;
    use super::*;

    #[test]
    fn months_and_currencies_are_kept_apart_and_own_transfers_left_out() {
        let sort = |category, row: SeenRow| SeenRow { category, ..row };
        let euro = SeenRow { amount: Money::new(900, Currency::EUR), ..row(2, "2026-11-09", -1, "BAR") };
        let rows = [
            sort(Category::Credit, row(0, "2026-10-25", 285_000, "SALARY")),
            sort(Category::Purchase, row(0, "2026-10-31", -4_000, "GROCERS")),
            sort(Category::Purchase, row(0, "2026-11-01", -6_000, "GROCERS")),
            sort(Category::Purchase, row(0, "2026-11-18", 3_499, "REFUND")),
            sort(Category::Transfer, row(0, "2026-11-26", -20_000, "TO SAVER")),
            sort(Category::Transfer, row(1, "2026-11-26", 20_000, "FROM CURRENT")),
            euro,
        ];
        let household = Household::of(&rows).expect("small sums");
        let flow = |code: &str, month| &household.flows[&(code.to_owned(), Month { year: 2026, month })];
        let pounds = |minor| Money::new(minor, Currency::GBP);
        assert_eq!(flow("GBP", 10).left(), Ok(pounds(281_000)));
        let november = flow("GBP", 11);
        assert_eq!(november.spending, [("Shopping".to_owned(), pounds(2_501))].into());
        assert_eq!((november.income, november.left()), (pounds(0), Ok(pounds(-2_501))));
        assert_eq!(flow("EUR", 11).spent(), Ok(Money::new(900, Currency::EUR)));
        assert_eq!(household.flows.len(), 3);
    }

    #[test]
    fn sums_that_fit_nowhere_are_refused() {
        let rows = [row(0, "2026-11-01", -i64::MAX, "A"), row(0, "2026-11-02", -1, "B")];
        assert_eq!(Household::of(&rows), Err(MoneyError::OutOfRange));
    }
}
