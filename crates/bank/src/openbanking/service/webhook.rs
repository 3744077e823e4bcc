//! What the service reports: believed when it is signed, taken in once, and nothing but a hint.
//!
//! In this order: the signature over the very bytes, the event, its age; then one transaction with the event in the inbox and
//! the job that reads the account again. Whatever an event says is read from the bank, so their order does not matter. A
//! consent that was taken back ends the connection in that transaction.

use std::net::IpAddr;

use axum::http::HeaderMap;
use chrono::Duration;
use database::Tx;
use serde_json::json;
use truelayer::signature::{SIGNATURE_HEADER, SignatureError, SignedRequest};
use truelayer::webhook::{AccountEvent, AccountEventKind};

use super::changes::subject;
use super::pull::ask_for_pull;
use super::{reach, revoke};
use crate::Bank;
use crate::audit::{self, Event, Subject};
use crate::openbanking::store::inbox;
use crate::openbanking::{Connection, EventState, OpenBankingError, Purpose, WebhookError, WebhookEvent};
use crate::reach::OpenBanking;
use crate::settings::WebhookScheme;

/// For how long the service tries to deliver an event.
const OLDEST: Duration = Duration::hours(72);
/// How far its clock may be ahead.
const AHEAD: Duration = Duration::minutes(5);

/// Takes in what arrived from a network; what was taken in before changes nothing.
///
/// # Errors
/// [`WebhookError::Off`], [`WebhookError::Unsigned`], [`WebhookError::TooMany`], [`WebhookError::NoEvent`],
/// [`WebhookError::Stale`], then [`WebhookError::Storage`].
pub async fn take(
    bank: &Bank,
    source: Option<IpAddr>,
    (path, headers, body): (&str, &HeaderMap, &[u8]),
) -> Result<(), WebhookError> {
    let (reach, settings) = reach(bank).map_err(|_| WebhookError::Off)?;
    let verified = match settings.webhook_scheme {
        WebhookScheme::Hmac if settings.webhook_secrets.is_empty() => return Err(WebhookError::Off),
        WebhookScheme::Hmac => {
            let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
            reach.webhooks().verify(signature.unwrap_or_default(), body, bank.now())
        }
        WebhookScheme::TlSignature => {
            let request = SignedRequest { method: "POST", path, headers, body };
            reach.signed(&bank.clock).verify(&request).await
        }
    };
    if let Err(error) = verified {
        return Err(refuse_unsigned(bank, reach, (source, error)).await?);
    }
    let event = match AccountEvent::parse(body) {
        Ok(event) => event,
        Err(error) => return Err(reject(bank, WebhookError::NoEvent(error)).await?),
    };
    let age = bank.now() - event.at;
    if age > OLDEST || age < -AHEAD {
        return Err(reject(bank, WebhookError::Stale).await?);
    }
    let tx = bank.db.begin().await?;
    let taken = take_in(bank, &tx, &event).await?;
    tx.commit().await?;
    let outcome = if taken { "taken" } else { "known" };
    metrics::counter!("florin_openbanking_webhooks_total", "outcome" => outcome).increment(1);
    Ok(())
}

/// Counts what nothing shows to be the service's and leaves a trace, unless there were too many; returns why it is refused.
pub(super) async fn refuse_unsigned(
    bank: &Bank,
    reach: &OpenBanking,
    (source, error): (Option<IpAddr>, SignatureError),
) -> Result<WebhookError, WebhookError> {
    match reach.count_unsigned(source) {
        Some(retry_after_seconds) => Ok(WebhookError::TooMany { retry_after_seconds }),
        None => reject(bank, WebhookError::Unsigned(error)).await,
    }
}

/// Leaves a trace of what is not taken in, without a byte of it; returns why.
pub(super) async fn reject(bank: &Bank, why: WebhookError) -> Result<WebhookError, WebhookError> {
    metrics::counter!("florin_openbanking_webhooks_total", "outcome" => "rejected").increment(1);
    let event = Event {
        after: Some(json!({ "reason": why.to_string() })),
        ..Event::new("truelayer.webhook_rejected", Subject::new("truelayer_webhook", "unsigned"))
    };
    let tx = bank.db.begin().await?;
    audit::record(bank, &tx, &bank.system_caller(), event).await?;
    tx.commit().await?;
    Ok(why)
}

/// Does what an event asks for unless it was done; says whether it is new.
async fn take_in(bank: &Bank, tx: &Tx, event: &AccountEvent) -> Result<bool, WebhookError> {
    let (name, link) = (event.kind.as_str(), event.kind == AccountEventKind::ConsentRevoked);
    let ended = if link { inbox::of_link(tx, &event.resource_id).await? } else { None };
    let read = if link || matches!(event.kind, AccountEventKind::Other(_)) {
        None
    } else {
        inbox::reader_of(tx, &event.resource_id).await?
    };
    let connection_id = ended.as_ref().map(|row| row.id).or(read);
    let state = match (&event.kind, connection_id) {
        (AccountEventKind::Other(_), _) => EventState::Ignored,
        (_, Some(_)) => EventState::Taken,
        (_, None) => EventState::Unmatched,
    };
    let row = WebhookEvent {
        event_id: event.event_id.clone(),
        kind: name.to_owned(),
        resource_id: event.resource_id.chars().take(128).collect(),
        connection_id,
        happened_at: event.at,
        received_at: bank.now(),
        state,
    };
    if !inbox::insert(tx, &row).await? {
        return Ok(false);
    }
    if let Some(id) = read {
        ask_for_pull(bank, tx, id, Purpose::Event).await?;
    }
    if let Some(ended) = ended {
        end(bank, tx, ended).await?;
    }
    record_received(bank, tx, (&row, connection_id.map(subject))).await?;
    Ok(true)
}

/// Leaves in the audit log that an event was taken in, and about what, where that is something of ours.
pub(super) async fn record_received(
    bank: &Bank,
    tx: &Tx,
    (row, about): (&WebhookEvent, Option<Subject>),
) -> Result<(), sea_orm::DbErr> {
    let about = about.unwrap_or_else(|| Subject::new("truelayer_webhook", "event"));
    let received = Event {
        after: Some(json!({ "event_id": row.event_id, "kind": row.kind, "state": row.state })),
        ..Event::new("truelayer.webhook_received", about)
    };
    audit::record(bank, tx, &bank.system_caller(), received).await.map(drop)
}

/// Ends a connection whose customer took the consent back at the bank.
async fn end(bank: &Bank, tx: &Tx, row: Connection) -> Result<(), WebhookError> {
    match revoke::wipe_in(bank, tx, &bank.system_caller(), row).await {
        Ok(()) => Ok(()),
        Err(OpenBankingError::Storage(error)) => Err(error.into()),
        // Somebody changed it at this very moment: the service sends the event again.
        Err(error) => Err(sea_orm::DbErr::Custom(error.to_string()).into()),
    }
}
