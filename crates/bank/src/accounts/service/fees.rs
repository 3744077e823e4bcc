//! The monthly fee of products that have one.

use aws_lc_rs::digest;
use chrono::{NaiveTime, TimeZone};
use kernel::{AccountId, Instant, Money, TransferId};
use ledger::{
    Action, ChartCode, ItemOutcome, Month, NewTransfer, Posting, Submission, SubmitError, Submitted, chart,
};
use uuid::Builder;

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
    let month = Month::of(bank.ledger.business_date(bank.db.primary()).await?);
    let begun = beginning(bank, month);
    let (mut outcome, mut after) = (FeesCharged::default(), None);
    loop {
        let accounts = store::fee_accounts(bank.db.primary(), begun, after, BATCH).await?;
        let Some(last) = accounts.last() else { return Ok(outcome) };
        after = Some(last.id);
        let items = accounts.iter().map(|account| vec![fee(account, month, begun)]).collect();
        let submission = Submission { posting: Posting::SYSTEM, items, receipt: None };
        if let Submitted::Decided { items, .. } = bank.ledger.submit(submission).await? {
            count(&mut outcome, &accounts, &items);
        }
    }
}

fn fee(account: &FeeAccount, month: Month, begun: Instant) -> NewTransfer {
    let credit = chart::account_id(ChartCode::FeeIncome, account.currency);
    let amount = Money::new(account.monthly_fee_minor, account.currency);
    let action = Action::Post { debit: account.id, credit, amount };
    NewTransfer {
        reference: format!("Account fee {month}"),
        effective_on: Some(month.first_day()),
        ..NewTransfer::new(fee_id(account.id, month, begun), action, "fee")
    }
}

/// Names the fee of one account and month: a UUID of version 7 whose chance is a digest, the same every time.
fn fee_id(account: AccountId, month: Month, begun: Instant) -> TransferId {
    let name = format!("florin:fee:{account}:{month}");
    let hash = digest::digest(&digest::SHA256, name.as_bytes());
    let mut chance = [0; 10];
    chance.copy_from_slice(&hash.as_ref()[..10]);
    let milliseconds = u64::try_from(begun.timestamp_millis()).unwrap_or(0);
    TransferId::from_uuid(Builder::from_unix_timestamp_millis(milliseconds, &chance).into_uuid())
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
