//! Paying into an account here from an account at another bank.
//!
//! The row is written first and the service asked under its name, so that a repetition, after a crash as well, is the same
//! payment there. The customer authorizes at the bank; what becomes of it is heard by webhook, by a look every few minutes,
//! and whenever the customer looks.

use kernel::{AccountId, BankPaymentId, Money, Page, PageRequest, Secret};
use ledger::receipts::ReceiptKey;
use serde_json::json;
use truelayer::payments::{
    Beneficiary, Flow, NewPayment, NextAction, Payer, PaymentProvider, ProviderSelection, StartFlow,
};
use url::Url;

use super::find::reader;
use super::payment_booking::follow;
use super::{customer, reach, to_the_end};
use crate::accounts::{self, Need};
use crate::audit::{self, Event, Subject};
use crate::identity::service::find_me;
use crate::openbanking::store::payments;
use crate::openbanking::{BankPayment, OpenBankingError, PaymentState};
use crate::reach::PaymentReach;
use crate::settings::PaymentSettings;
use crate::{Bank, Caller};

/// Says what a customer wants to pay.
#[derive(Clone, Debug)]
pub struct PayIn {
    /// Into which account of theirs.
    pub account_id: AccountId,
    /// How much; above zero, in the account's currency.
    pub amount: Money,
    /// From which bank; chosen on the way when absent.
    pub provider_id: Option<String>,
}

/// Holds a payment, and what its customer does next.
#[derive(Clone, Debug)]
pub struct PayInStep {
    /// The payment.
    pub row: BankPayment,
    /// The bank's door.
    pub url: Option<Secret<String>>,
    /// The banks to choose from.
    pub providers: Vec<PaymentProvider>,
}

/// Names a payment in the audit log.
pub(super) fn subject(id: BankPaymentId) -> Subject {
    Subject::new("truelayer_payment", id)
}

fn payments_of(bank: &Bank) -> Result<(&PaymentReach, &PaymentSettings), OpenBankingError> {
    let (reach, settings) = reach(bank)?;
    reach.payments().zip(settings.payments.as_ref()).ok_or(OpenBankingError::PaymentsOff)
}

/// Begins a payment, or goes on with the one that this request began before.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NeedsPerson`], [`OpenBankingError::Off`],
/// [`OpenBankingError::PaymentsOff`], [`OpenBankingError::Account`] for an account that is not the caller's,
/// [`OpenBankingError::AmountNotPayable`], [`OpenBankingError::KeyReused`], what the service says: then repeat it.
pub async fn pay_in(
    bank: &Bank,
    caller: &Caller,
    (order, key): (PayIn, ReceiptKey),
) -> Result<PayInStep, OpenBankingError> {
    customer(caller)?;
    let (_, settings) = payments_of(bank)?;
    let currency = order.amount.currency();
    if !order.amount.is_positive() || settings.merchant_account(currency).is_none() {
        return Err(OpenBankingError::AmountNotPayable);
    }
    let row = write(bank, caller, (order, key)).await?;
    let (bank, caller) = (bank.clone(), caller.clone());
    to_the_end(async move { send(&bank, &caller, row).await }).await
}

/// Writes the payment, or finds the one that this request wrote.
async fn write(
    bank: &Bank,
    caller: &Caller,
    (order, key): (PayIn, ReceiptKey),
) -> Result<BankPayment, OpenBankingError> {
    let now = bank.now();
    let tx = bank.db.begin().await?;
    let access = accounts::service::find_for(&tx, caller, order.account_id, Need::View).await?;
    if access.product.currency != order.amount.currency() {
        return Err(OpenBankingError::AmountNotPayable);
    }
    let row = BankPayment {
        id: BankPaymentId::generate(now, &bank.random),
        user_id: customer(caller)?,
        account_id: order.account_id,
        amount_minor: order.amount.minor(),
        currency: order.amount.currency(),
        provider_id: order.provider_id,
        request_key: key.id,
        request_fingerprint: key.fingerprint,
        service_id: None,
        status: PaymentState::Created,
        failure_reason: None,
        transfer_id: None,
        is_in_suspense: false,
        reversal_transfer_id: None,
        version: 0,
        created_at: now,
        updated_at: now,
    };
    if payments::insert(&tx, row.clone()).await? {
        let event = Event {
            after: Some(json!({ "account_id": row.account_id, "amount": order.amount })),
            ..Event::new("truelayer.payment_created", subject(row.id))
        };
        audit::record(bank, &tx, caller, event).await?;
        tx.commit().await?;
        return Ok(row);
    }
    let known = payments::by_request(&tx, key.id).await?.ok_or(OpenBankingError::NotFound)?;
    tx.commit().await?;
    if known.request_fingerprint == key.fingerprint { Ok(known) } else { Err(OpenBankingError::KeyReused) }
}

/// Makes the payment at the service and begins its authorization; all of it may be repeated.
async fn send(bank: &Bank, caller: &Caller, row: BankPayment) -> Result<PayInStep, OpenBankingError> {
    if !PaymentState::UNDER_WAY.contains(&row.status) {
        return Ok(PayInStep { row, url: None, providers: Vec::new() });
    }
    let (reach, settings) = payments_of(bank)?;
    let token = reach.token(bank.now()).await?;
    let name = row.id.to_string();
    let service_id = match &row.service_id {
        Some(id) => id.clone(),
        None => reach.client().create(&new_payment(bank, caller, &row).await?, &name, &token).await?.id,
    };
    let start = StartFlow { payment_id: &service_id, return_uri: &settings.return_uri, user: caller.address };
    let flow = match reach.client().start(&start, &format!("{name}-start"), &token).await {
        Ok(flow) => flow,
        // It has moved on since the first time: whoever looks sees where it stands.
        Err(error) if error.remedy() == truelayer::Remedy::ReadAgain && row.service_id.is_some() => {
            let row = follow(bank, row.id).await?;
            return Ok(PayInStep { row, url: None, providers: Vec::new() });
        }
        Err(error) => return Err(error.into()),
    };
    let sent = BankPayment { service_id: Some(service_id), status: PaymentState::Authorizing, ..row.clone() };
    let row = if row.service_id.is_none() { store(bank, sent).await? } else { row };
    Ok(step(row, flow))
}

/// Writes down that the service knows a payment; whoever was faster wrote the same.
async fn store(bank: &Bank, sent: BankPayment) -> Result<BankPayment, OpenBankingError> {
    let changed = BankPayment { version: sent.version + 1, updated_at: bank.now(), ..sent };
    let tx = bank.db.begin().await?;
    let done = payments::update(&tx, changed.clone()).await?;
    tx.commit().await?;
    if done {
        return Ok(changed);
    }
    payments::load(bank.db.latest(), changed.id).await?.ok_or(OpenBankingError::NotFound)
}

fn step(row: BankPayment, flow: Flow) -> PayInStep {
    let (url, providers): (Option<Url>, _) = match flow.next {
        Some(NextAction::Redirect(url)) => (Some(url), Vec::new()),
        Some(NextAction::SelectProvider(providers)) => (None, providers),
        Some(NextAction::Wait | NextAction::Other(_)) | None => (None, Vec::new()),
    };
    PayInStep { row, url: url.map(|url| Secret::new(url.into())), providers }
}

async fn new_payment(
    bank: &Bank,
    caller: &Caller,
    row: &BankPayment,
) -> Result<NewPayment, OpenBankingError> {
    let (_, settings) = payments_of(bank)?;
    let account = settings.merchant_account(row.currency).ok_or(OpenBankingError::AmountNotPayable)?;
    let (user, ..) = find_me(bank, caller).await.map_err(|_| OpenBankingError::NeedsPerson)?;
    let provider = match &row.provider_id {
        Some(id) => ProviderSelection::Preselected { provider_id: id.clone() },
        None => ProviderSelection::UserSelected { countries: Vec::new() },
    };
    Ok(NewPayment {
        amount: Money::new(row.amount_minor, row.currency),
        beneficiary: Beneficiary::MerchantAccount { id: account.to_owned(), reference: None },
        provider,
        payer: Payer {
            // Not our id: the service would remember it.
            id: None,
            name: Secret::new(user.full_name),
            email: Some(Secret::new(user.email)),
            phone: None,
        },
        metadata: [("payment".to_owned(), row.id.to_string())].into(),
    })
}

/// Takes the customer's choice of a bank, and returns its door.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NeedsPerson`], [`OpenBankingError::PaymentsOff`],
/// [`OpenBankingError::NotFound`], [`OpenBankingError::ProviderNotOffered`], what the service says.
pub async fn choose_provider(
    bank: &Bank,
    caller: &Caller,
    (id, provider_id): (BankPaymentId, &str),
) -> Result<PayInStep, OpenBankingError> {
    let user = customer(caller)?;
    let (reach, _) = payments_of(bank)?;
    let row = payments::find(bank.db.latest(), id, user).await?.ok_or(OpenBankingError::NotFound)?;
    let service_id = row.service_id.clone().ok_or(OpenBankingError::NotFound)?;
    let token = reach.token(bank.now()).await?;
    let key = format!("{id}-{provider_id}");
    match reach.client().select_provider(&service_id, provider_id, &key, &token).await {
        Ok(flow) => Ok(step(row, flow)),
        Err(error) if error.remedy() == truelayer::Remedy::FixRequest => {
            Err(OpenBankingError::ProviderNotOffered)
        }
        Err(error) => Err(error.into()),
    }
}

/// Shows one's own payment as the service sees it at this moment; what it says is written down and booked.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`], storage. Without an answer of the service it is shown as
/// it was heard of last.
pub async fn find_payment(
    bank: &Bank,
    caller: &Caller,
    id: BankPaymentId,
) -> Result<BankPayment, OpenBankingError> {
    let user = reader(caller)?;
    let row = payments::find(bank.db.latest(), id, user).await?.ok_or(OpenBankingError::NotFound)?;
    if !PaymentState::UNDER_WAY.contains(&row.status) || row.service_id.is_none() {
        return Ok(row);
    }
    match follow(bank, id).await {
        Ok(row) => Ok(row),
        Err(OpenBankingError::Storage(error)) => Err(error.into()),
        Err(error) => {
            tracing::info!(payment.id = %id, "a payment is shown as it was heard of last: {error}");
            Ok(row)
        }
    }
}

/// Lists one's own payments, newest first, as they were heard of last.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], storage.
pub async fn list_payments(
    bank: &Bank,
    caller: &Caller,
    page: PageRequest,
) -> Result<Page<BankPayment>, OpenBankingError> {
    let user = reader(caller)?;
    Ok(payments::list(bank.db.read(), user, page).await?)
}
