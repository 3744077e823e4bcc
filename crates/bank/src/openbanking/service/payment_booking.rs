//! What the service says of a payment, written down and booked: once, whoever hears it, however often and in any order.
//!
//! Settlement debits what other banks owe us and credits the customer; a reversal is the same, back. Where the account takes or gives
//! no money, suspense stands in its place, for staff to clear. The transfers' ids follow from the payment's, so that the ledger
//! itself refuses a second one.

use database::Tx;
use kernel::{AccountId, BankPaymentId, Currency, Money, TransferId};
use ledger::{Action, ChartCode, NewTransfer, PostError, Posting, Rail, chart, receipts};
use serde_json::json;
use uuid::Builder;

use super::payments::subject;
use super::reach;
use crate::Bank;
use crate::audit::{self, Event, Subject};
use crate::jobs::{self, NewJob};
use crate::openbanking::store::payments;
use crate::openbanking::{BankPayment, Booking, OpenBankingError, PaymentState, advance};

/// The kind of job that asks the service about one payment.
pub const FOLLOW: &str = "openbanking.follow_payment";

/// What other banks owe us.
const DUE: ChartCode = ChartCode::Settlement(Rail::Interbank);
/// A payment that was not heard of for so long is asked about.
const UNHEARD: chrono::Duration = chrono::Duration::minutes(5);
/// How many are asked about in one round.
const MOST: u64 = 500;

/// Asks for a payment to be followed, in the caller's transaction; while that waits it is not doubled.
pub(super) async fn ask_to_follow(bank: &Bank, tx: &Tx, id: BankPaymentId) -> Result<(), sea_orm::DbErr> {
    let dedupe_key = Some(format!("{FOLLOW}:{id}"));
    let job = NewJob { dedupe_key, ..NewJob::new(FOLLOW, json!({ "payment_id": id })) };
    jobs::enqueue_once(bank, tx, job).await.map(drop)
}

/// Asks for the payments under way that were not heard of for a while; returns their number.
///
/// # Errors
/// `DbErr` when the database fails; what was asked for stays so.
pub async fn follow_due(bank: &Bank) -> Result<usize, sea_orm::DbErr> {
    let due = payments::unheard_since(bank.db.latest(), bank.now() - UNHEARD, MOST).await?;
    for id in &due {
        let tx = bank.db.begin().await?;
        ask_to_follow(bank, &tx, *id).await?;
        tx.commit().await?;
    }
    Ok(due.len())
}

/// Asks the service about a payment, writes down and books what it says; returns the payment as it stands then.
///
/// # Errors
/// [`OpenBankingError::NotFound`], [`OpenBankingError::PaymentsOff`], what the service says, storage.
pub async fn follow(bank: &Bank, id: BankPaymentId) -> Result<BankPayment, OpenBankingError> {
    let row = payments::load(bank.db.latest(), id).await?.ok_or(OpenBankingError::NotFound)?;
    let Some(service_id) = &row.service_id else { return Ok(row) };
    let (reach, _) = reach(bank)?;
    let reach = reach.payments().ok_or(OpenBankingError::PaymentsOff)?;
    let token = reach.token(bank.now()).await?;
    let heard = reach.client().find(service_id, &token).await?;
    let expected = Money::new(row.amount_minor, row.currency);
    if heard.amount != expected {
        // Whatever this is, it is not what was asked for: nothing of it is booked.
        tracing::error!(payment.id = %id, "the service names another amount than the payment's");
        return Err(OpenBankingError::AmountNotPayable);
    }
    let reason = heard.failure_reason.clone();
    hear(bank, id, (PaymentState::of(&heard), reason)).await
}

async fn hear(
    bank: &Bank,
    id: BankPaymentId,
    (heard, reason): (PaymentState, Option<String>),
) -> Result<BankPayment, OpenBankingError> {
    let tx = bank.db.begin().await?;
    let row = payments::lock(&tx, id).await?.ok_or(OpenBankingError::NotFound)?;
    let now = bank.now();
    let Some((status, booking)) = advance(row.status, heard) else {
        // Heard of all the same: it is not asked about again at once.
        let seen = BankPayment { version: row.version + 1, updated_at: now, ..row };
        payments::update(&tx, seen.clone()).await?;
        tx.commit().await?;
        return Ok(seen);
    };
    let before = row.status;
    let failure_reason = reason.or_else(|| row.failure_reason.clone());
    let mut moved = BankPayment { status, failure_reason, version: row.version + 1, updated_at: now, ..row };
    match booking {
        Booking::None => {}
        Booking::Settle => settle(bank, &tx, &mut moved).await?,
        Booking::Reverse => take_back(bank, &tx, &mut moved).await?,
        Booking::SettleAndReverse => {
            settle(bank, &tx, &mut moved).await?;
            take_back(bank, &tx, &mut moved).await?;
        }
    }
    payments::update(&tx, moved.clone()).await?;
    let event = Event::new(action(status), subject(id)).change(
        json!({ "status": before }),
        json!({ "status": status, "transfer_id": moved.transfer_id, "reversal_transfer_id": moved.reversal_transfer_id }),
    );
    audit::record(bank, &tx, &bank.system_caller(), event).await?;
    tx.commit().await?;
    metrics::counter!("florin_openbanking_payments_total", "status" => action(status)).increment(1);
    Ok(moved)
}

const fn action(status: PaymentState) -> &'static str {
    match status {
        PaymentState::Created => "truelayer.payment_created",
        PaymentState::Authorizing => "truelayer.payment_authorizing",
        PaymentState::Authorized => "truelayer.payment_authorized",
        PaymentState::Executed => "truelayer.payment_executed",
        PaymentState::Failed => "truelayer.payment_failed",
        PaymentState::Settled => "truelayer.payment_settled",
        PaymentState::Reversed => "truelayer.payment_reversed",
    }
}

async fn settle(bank: &Bank, tx: &Tx, row: &mut BankPayment) -> Result<(), OpenBankingError> {
    let due = own_account(bank, tx, (DUE, row.currency)).await?;
    let id = transfer_id(&format!("{}:settled", row.id));
    let post = |credit| transfer(id, (due, credit), row, "bank_payment");
    row.is_in_suspense = !post_or_suspend(bank, tx, row, post).await?;
    row.transfer_id = Some(id);
    Ok(())
}

async fn take_back(bank: &Bank, tx: &Tx, row: &mut BankPayment) -> Result<(), OpenBankingError> {
    let due = own_account(bank, tx, (DUE, row.currency)).await?;
    let id = transfer_id(&format!("{}:reversed", row.id));
    let post = |debit| transfer(id, (debit, due), row, "bank_payment_reversal");
    if row.is_in_suspense {
        // What waits there goes back from there.
        let suspense = own_account(bank, tx, (ChartCode::Suspense, row.currency)).await?;
        bank.ledger.post(tx, &Posting::SYSTEM, &[post(suspense)]).await.map_err(refused)?;
    } else {
        post_or_suspend(bank, tx, row, post).await?;
    }
    row.reversal_transfer_id = Some(id);
    Ok(())
}

/// Posts a payment's transfer with its account, or with suspense where that does not take part; says whether it did.
async fn post_or_suspend(
    bank: &Bank,
    tx: &Tx,
    row: &BankPayment,
    transfer_with: impl Fn(AccountId) -> NewTransfer,
) -> Result<bool, OpenBankingError> {
    match bank.ledger.post(tx, &Posting::SYSTEM, &[transfer_with(row.account_id)]).await {
        Ok(_) => Ok(true),
        Err(PostError::Storage(error)) => Err(error.into()),
        Err(PostError::Refused(refusal)) => {
            tracing::warn!(payment.id = %row.id, "a payment goes through suspense: {refusal}");
            metrics::counter!("florin_openbanking_suspended_payments_total").increment(1);
            let suspense = own_account(bank, tx, (ChartCode::Suspense, row.currency)).await?;
            bank.ledger.post(tx, &Posting::SYSTEM, &[transfer_with(suspense)]).await.map_err(refused)?;
            Ok(false)
        }
    }
}

/// Finds an account of the bank's own.
async fn own_account(
    bank: &Bank,
    tx: &Tx,
    (code, currency): (ChartCode, Currency),
) -> Result<AccountId, sea_orm::DbErr> {
    chart::system_account(tx, code, currency, bank.now()).await
}

fn refused(error: PostError) -> OpenBankingError {
    match error {
        PostError::Storage(error) => error.into(),
        PostError::Refused(refusal) => OpenBankingError::NotBooked(refusal),
    }
}

fn transfer(
    id: TransferId,
    (debit, credit): (AccountId, AccountId),
    row: &BankPayment,
    code: &'static str,
) -> NewTransfer {
    let amount = Money::new(row.amount_minor, row.currency);
    let metadata = Some(json!({ "payment": row.id }).to_string());
    NewTransfer {
        reference: "From another bank".to_owned(),
        metadata,
        ..NewTransfer::new(id, Action::Post { debit, credit, amount }, code)
    }
}

/// Makes the id that a booking has for whoever makes it (RFC 9562 §5.8).
fn transfer_id(name: &str) -> TransferId {
    let digest = receipts::digest(&[b"florin:truelayer", name.as_bytes()]);
    TransferId::from_uuid(Builder::from_custom_bytes(digest.into_bytes()).into_uuid())
}

/// Books money that no payment announced into suspense, once for each movement; in the caller's transaction.
pub(super) async fn receive_unmatched(
    bank: &Bank,
    tx: &Tx,
    (movement, amount): (&str, Money),
) -> Result<TransferId, OpenBankingError> {
    let currency = amount.currency();
    let due = own_account(bank, tx, (DUE, currency)).await?;
    let suspense = own_account(bank, tx, (ChartCode::Suspense, currency)).await?;
    let id = transfer_id(&format!("unmatched:{movement}"));
    let action = Action::Post { debit: due, credit: suspense, amount };
    let transfer = NewTransfer {
        reference: "Nobody's yet".to_owned(),
        ..NewTransfer::new(id, action, "unmatched_money")
    };
    bank.ledger.post(tx, &Posting::SYSTEM, &[transfer]).await.map_err(refused)?;
    let event = Event {
        after: Some(json!({ "transfer_id": id, "amount": amount })),
        ..Event::new("truelayer.unmatched_money", Subject::new("transfer", id))
    };
    audit::record(bank, tx, &bank.system_caller(), event).await?;
    Ok(id)
}
