//! What the service reports about payments, signed with `Tl-Signature` (a detached JWS, ES512, by its published keys).
//!
//! An event is a hint: the payment is read again and what the service says then counts, so that order and repetition do not
//! matter. Money that no payment announced cannot be read: it is booked by the event itself, which is taken in once.

use std::net::IpAddr;

use axum::http::HeaderMap;
use truelayer::payments::{PaymentEvent, PaymentEventKind};
use truelayer::signature::SignedRequest;

use super::payment_booking::{ask_to_follow, receive_unmatched};
use super::payments::subject;
use super::{reach, webhook};
use crate::Bank;
use crate::openbanking::store::{inbox, payments};
use crate::openbanking::{EventState, OpenBankingError, WebhookError, WebhookEvent};

/// Takes in what arrived; what was taken in before changes nothing.
///
/// # Errors
/// [`WebhookError::Off`], [`WebhookError::Unsigned`], [`WebhookError::TooMany`], [`WebhookError::NoEvent`], then
/// [`WebhookError::Storage`].
pub async fn take_payment_event(
    bank: &Bank,
    source: Option<IpAddr>,
    (path, headers, body): (&str, &HeaderMap, &[u8]),
) -> Result<(), WebhookError> {
    let (reach, _) = reach(bank).map_err(|_| WebhookError::Off)?;
    if reach.payments().is_none() {
        return Err(WebhookError::Off);
    }
    let request = SignedRequest { method: "POST", path, headers, body };
    if let Err(error) = reach.signed(&bank.clock).verify(&request).await {
        return Err(webhook::refuse_unsigned(bank, reach, (source, error)).await?);
    }
    let event = match PaymentEvent::parse(body) {
        Ok(event) => event,
        Err(error) => return Err(webhook::reject(bank, WebhookError::NoEvent(error)).await?),
    };
    match take_in(bank, &event).await {
        Ok(()) => Ok(()),
        Err(OpenBankingError::Storage(error)) => Err(error.into()),
        Err(error) => {
            // It is sent again, and must not be lost meanwhile.
            tracing::error!("an event of a payment could not be booked: {error}");
            Err(sea_orm::DbErr::Custom(error.to_string()).into())
        }
    }
}

async fn take_in(bank: &Bank, event: &PaymentEvent) -> Result<(), OpenBankingError> {
    let tx = bank.db.begin().await?;
    let known = match &event.payment_id {
        Some(service_id) => payments::by_service_id(&tx, service_id).await?,
        None => None,
    };
    let state = match (&event.kind, &known) {
        (PaymentEventKind::UnmatchedMoney { .. }, _) | (_, Some(_)) => EventState::Taken,
        (PaymentEventKind::Other(_), None) => EventState::Ignored,
        (_, None) => EventState::Unmatched,
    };
    let now = bank.now();
    let row = WebhookEvent {
        event_id: event.event_id.clone(),
        kind: name(&event.kind).to_owned(),
        resource_id: event.payment_id.clone().unwrap_or_default().chars().take(128).collect(),
        connection_id: None,
        happened_at: now,
        received_at: now,
        state,
    };
    if !inbox::insert(&tx, &row).await? {
        tx.commit().await?;
        return Ok(());
    }
    if let PaymentEventKind::UnmatchedMoney { transaction_id, amount, .. } = &event.kind {
        receive_unmatched(bank, &tx, (transaction_id, *amount)).await?;
    }
    if let Some(payment) = &known {
        ask_to_follow(bank, &tx, payment.id).await?;
    }
    let about = known.map(|payment| subject(payment.id));
    webhook::record_received(bank, &tx, (&row, about)).await?;
    tx.commit().await?;
    metrics::counter!("florin_openbanking_webhooks_total", "outcome" => "taken").increment(1);
    Ok(())
}

fn name(kind: &PaymentEventKind) -> &str {
    match kind {
        PaymentEventKind::Authorized => "payment_authorized",
        PaymentEventKind::Executed => "payment_executed",
        PaymentEventKind::Settled { .. } => "payment_settled",
        PaymentEventKind::Failed { .. } => "payment_failed",
        PaymentEventKind::Reversed { .. } => "payment_reversed",
        PaymentEventKind::SettlementStalled => "payment_settlement_stalled",
        PaymentEventKind::UnmatchedMoney { .. } => "external_payment_received",
        PaymentEventKind::Other(name) => name,
    }
}
