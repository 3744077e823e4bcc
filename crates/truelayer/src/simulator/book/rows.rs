//! Rows of a book.

use chrono::Duration;
use kernel::Instant;

/// Describes a booked movement; negative amounts leave the user, on cards too.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) at: Instant,
    /// Tells rows apart, and orders those of one instant.
    pub(crate) sequence: u64,
    pub(crate) minor: i64,
    pub(crate) description: String,
    pub(crate) merchant: Option<String>,
    pub(crate) sort: Sort,
}

/// Says what a movement was for, from which category and classification follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Salary,
    Invoice,
    StandingOrder,
    DirectDebit,
    Groceries,
    Purchase,
    Travel,
    Dining,
    Subscription,
    Refund,
    Fee,
    Interest,
    Cash,
    Foreign,
    OwnTransfer,
    CardPayment,
    Added,
}

/// Describes a movement that is announced.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    /// As it is shown now.
    pub(crate) row: Row,
    /// When it is gone.
    pub(crate) until: Instant,
    /// When it is booked; never, if it vanishes.
    pub(crate) books_at: Option<Instant>,
    /// With which amount.
    pub(crate) books_minor: i64,
}

impl Row {
    /// Returns the category in the vendor's words.
    pub(crate) const fn category(&self) -> &'static str {
        match self.sort {
            Sort::Salary | Sort::Invoice => "CREDIT",
            Sort::StandingOrder => "STANDING_ORDER",
            Sort::DirectDebit => "DIRECT_DEBIT",
            Sort::Groceries
            | Sort::Purchase
            | Sort::Travel
            | Sort::Dining
            | Sort::Subscription
            | Sort::Refund
            | Sort::Foreign => "PURCHASE",
            Sort::Fee => "FEE_CHARGE",
            Sort::Interest => "INTEREST",
            Sort::Cash => "ATM",
            Sort::OwnTransfer => "TRANSFER",
            Sort::CardPayment => "BILL_PAYMENT",
            Sort::Added => "OTHER",
        }
    }

    /// Returns the vendor's guess at class and subclass.
    pub(crate) const fn classification(&self) -> &'static [&'static str] {
        match self.sort {
            Sort::StandingOrder => &["Home", "Rent"],
            Sort::DirectDebit => &["Bills and Utilities", "Utilities"],
            Sort::Groceries => &["Shopping", "Groceries"],
            Sort::Purchase | Sort::Refund => &["Shopping", "General"],
            Sort::Travel | Sort::Foreign => &["Travel", "Public transport"],
            Sort::Dining => &["Food & Dining", "Restaurants"],
            Sort::Subscription => &["Entertainment", "Streaming"],
            Sort::Fee => &["Fees & Charges", "Service Fee"],
            Sort::Salary
            | Sort::Invoice
            | Sort::Interest
            | Sort::Cash
            | Sort::OwnTransfer
            | Sort::CardPayment
            | Sort::Added => &[],
        }
    }
}

impl Pending {
    /// Announces a movement that will be booked after `days` with `percent` / 100 of the amount.
    pub(crate) fn booking(row: Row, days: i64, percent: i64) -> Self {
        let books_at = row.at + Duration::days(days);
        let books_minor = row.minor * percent / 100;
        Self { row, until: books_at, books_at: Some(books_at), books_minor }
    }

    /// Announces a movement that will vanish after `days`.
    pub(crate) fn vanishing(row: Row, days: i64) -> Self {
        let until = row.at + Duration::days(days);
        Self { row, until, books_at: None, books_minor: 0 }
    }

    /// Makes the booked row: with a number of its own, so that nothing ties it to the announcement.
    pub(crate) fn booked(&self, sequence: u64) -> Row {
        let at = self.books_at.unwrap_or(self.until);
        Row { at, sequence, minor: self.books_minor, ..self.row.clone() }
    }
}
