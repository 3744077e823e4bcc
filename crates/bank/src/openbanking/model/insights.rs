//! What imported rows say about a household: income, spending, what recurs, and the flow of each month.
//!
//! Per currency, across a customer's connections. Money that moves between the customer's own accounts is neither income
//! nor spending; money that comes back for a purchase lessens its spending.

mod flow;
mod kind;
mod recurring;

use chrono::NaiveDate;
use kernel::Money;
use truelayer::data::{Direction, TransactionCategory};

pub use flow::{Flow, Household, Month};
pub use kind::{Kind, kinds};
pub use recurring::{Interval, Recurring, recurring};

/// Holds of a booked row what insights need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRow {
    /// Which of the customer's accounts, by its position among them.
    pub account: usize,
    /// The day that the bank wrote.
    pub on: NaiveDate,
    /// How much; positive.
    pub amount: Money,
    /// Which way.
    pub direction: Direction,
    /// The vendor's word for what sort of movement it is.
    pub category: TransactionCategory,
    /// The vendor's guess at what it was for.
    pub class: Option<String>,
    /// With whom: the merchant, or the bank's text.
    pub party: String,
}

#[cfg(test)]
pub(super) fn row(account: usize, on: &str, minor: i64, party: &str) -> SeenRow {
    SeenRow {
        account,
        on: on.parse().expect("a date"),
        amount: Money::new(minor.abs(), kernel::Currency::GBP),
        direction: if minor < 0 { Direction::Debit } else { Direction::Credit },
        category: TransactionCategory::Other,
        class: None,
        party: party.to_owned(),
    }
}
