//! What a customer's rows at other banks say about income and spending, over all links.

use chrono::{Datelike as _, Months, NaiveDate};
use kernel::Money;
use truelayer::data::Transaction;

use super::find::reader;
use super::sealed;
use crate::openbanking::store::imported;
use crate::openbanking::{
    ExternalAccount, ExternalTransaction, Household, OpenBankingError, Recurring, SeenRow, recurring,
};
use crate::{Bank, Caller};

/// Holds what the rows of some months say.
#[derive(Clone, Debug)]
pub struct Insights {
    /// The first day that was looked at, the first of a month.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
    /// How many accounts and cards there are.
    pub accounts: usize,
    /// From which day on the rows of every account are there; none while that cannot be said of one.
    pub complete_through: Option<NaiveDate>,
    /// The flows by currency and month.
    pub household: Household,
    /// What recurs and has not stopped.
    pub recurring: Vec<Recurring>,
}

/// Adds up the caller's rows of this month and of as many months in all; own transfers do not count.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NeedsPerson`], storage.
pub async fn insights(bank: &Bank, caller: &Caller, months: u32) -> Result<Insights, OpenBankingError> {
    let user = reader(caller)?;
    let to = bank.now().date_naive();
    let from = to.with_day(1).unwrap_or(to);
    let from = from.checked_sub_months(Months::new(months.saturating_sub(1))).unwrap_or(from);
    let accounts = imported::accounts_of_user(bank.db.read(), user).await?;
    let mut rows = Vec::new();
    for (at, account) in accounts.iter().enumerate() {
        let found = imported::rows_since(bank.db.read(), account.id, from).await?;
        rows.extend(found.iter().filter_map(|row| seen(bank, at, row)));
    }
    Ok(Insights {
        from,
        to,
        accounts: accounts.len(),
        complete_through: complete_through(&accounts),
        household: Household::of(&rows)?,
        recurring: recurring(&rows, to),
    })
}

/// Returns none while there is an account whose rows were never read completely.
fn complete_through(accounts: &[ExternalAccount]) -> Option<NaiveDate> {
    let days: Option<Vec<NaiveDate>> = accounts.iter().map(|account| account.complete_through).collect();
    days?.into_iter().min()
}

fn seen(bank: &Bank, account: usize, row: &ExternalTransaction) -> Option<SeenRow> {
    let shown: Transaction = sealed::open(bank, sealed::row(row.id), &row.answer)?;
    let party = shown.merchant_name.as_ref().unwrap_or(&shown.description).expose().clone();
    Some(SeenRow {
        account,
        on: row.booked_on,
        amount: Money::new(row.amount_minor, row.currency),
        direction: row.direction.into(),
        category: shown.transaction_category,
        class: shown.transaction_classification.into_iter().next(),
        party,
    })
}
