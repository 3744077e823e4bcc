//! The monthly fee of products that have one.

use chrono::{NaiveTime, TimeZone};
use kernel::{Instant, Money};
use ledger::{
    Action, ChartCode, ItemOutcome, Month, NewTransfer, Posting, Submission, SubmitError, Submitted, chart,
    transfer,
};

use super::super::store::{self, FeeAccount};
use crate::Bank;

/// How many accounts are charged in one commit.
const BATCH: u64 = 500;

/// Tells what became of a month's fees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeesCharged {
    /// Accounts that paid, now or in an earlier run.
    pub charged: u64,
    /// Accounts that could not: frozen, or without the money. A later run of the month asks again.
    pub refused: u64,
}

/// Says why the fees were not all asked for; what was charged stays, and a second run charges the rest.
#[derive(Debug, thiserror::Error)]
pub enum FeesError {
    /// The ledger did not take the batch.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

/// Charges the fee of the month that the business day lies in, once an account, however often it runs.
///
/// The transfer's id follows from account and month, so that the ledger itself refuses to charge twice. An
/// account opened in the month pays from the next one on. Nobody is overdrawn by a fee beyond the limit.
///
/// # Errors
/// [`FeesError::Submit`], then [`FeesError::Storage`].
pub async fn charge_fees(bank: &Bank) -> Result<FeesCharged, FeesError> {
    let month = Month::of(bank.ledger.business_date(bank.db.latest()).await?);
    let begun = beginning(bank, month);
    let (mut outcome, mut after) = (FeesCharged::default(), None);
    loop {
        let accounts = store::fee_accounts(bank.db.latest(), begun, after, BATCH).await?;
        let Some(last) = accounts.last() else { return Ok(outcome) };
        after = Some(last.id);
        let items = accounts.iter().map(|account| vec![fee(account, month, begun)]).collect();
        let submission = Submission::new(Posting::SYSTEM, items);
        if let Submitted::Decided { items, .. } = bank.ledger.submit(submission).await? {
            count(&mut outcome, &accounts, &items);
        }
    }
}

fn fee(account: &FeeAccount, month: Month, begun: Instant) -> NewTransfer {
    let credit = chart::account_id(ChartCode::FeeIncome, account.currency);
    let amount = Money::new(account.monthly_fee_minor, account.currency);
    let action = Action::Post { debit: account.id, credit, amount };
    let id = transfer::id_from(&format!("florin:fee:{}:{month}", account.id), begun);
    NewTransfer {
        reference: format!("Account fee {month}"),
        effective_on: Some(month.first_day()),
        ..NewTransfer::new(id, action, "fee")
    }
}

fn beginning(bank: &Bank, month: Month) -> Instant {
    let midnight = month.first_day().and_time(NaiveTime::MIN);
    let zone = bank.settings.business_timezone;
    zone.from_local_datetime(&midnight).earliest().map_or_else(|| midnight.and_utc(), |local| local.to_utc())
}

fn count(outcome: &mut FeesCharged, accounts: &[FeeAccount], items: &[ItemOutcome]) {
    for (account, item) in accounts.iter().zip(items) {
        match item {
            Ok(_) => outcome.charged += 1,
            Err(refusal) => {
                outcome.refused += 1;
                tracing::info!(account.id = %account.id, refusal = refusal.code(), "account fee not charged");
            }
        }
    }
}
