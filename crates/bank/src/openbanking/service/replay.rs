//! The inbox of what the service reported, for staff: looking through it, replaying one, and sending a test.

use axum::http::HeaderMap;
use kernel::{Page, PageRequest, Secret};
use serde_json::json;
use truelayer::signature::SIGNATURE_HEADER;
use truelayer::signature::hmac::{Form, sign};
use uuid::Builder;

use super::changes::subject;
use super::pull::ask_for_pull;
use super::{reach, webhook};
use crate::audit::{self, Event, Reason, Subject};
use crate::openbanking::store::{imported, inbox};
use crate::openbanking::{
    ConnectionStatus, EventPlace, EventState, OpenBankingError, Purpose, WebhookError, WebhookEvent, store,
};
use crate::settings::WebhookScheme;
use crate::{Bank, Caller, Permission};

/// Lists what was reported, the newest first.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], storage.
pub async fn list_events(
    bank: &Bank,
    caller: &Caller,
    (state, page): (Option<EventState>, PageRequest),
) -> Result<Page<WebhookEvent>, OpenBankingError> {
    caller.require(Permission::ReadConnections)?;
    let after: Option<EventPlace> = page.after.as_ref().and_then(|cursor| cursor.key().ok());
    Ok(inbox::list(bank.db.read(), state, (after, page.limit)).await?)
}

/// Finds an event by its name.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`], storage.
pub async fn find_event(
    bank: &Bank,
    caller: &Caller,
    event_id: &str,
) -> Result<WebhookEvent, OpenBankingError> {
    caller.require(Permission::ReadConnections)?;
    inbox::find(bank.db.latest(), event_id).await?.ok_or(OpenBankingError::NotFound)
}

/// Does again what an event asked for: the account that it names is read once more. One that named nothing of ours is
/// matched anew. A consent that was taken back stays so.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NotFound`], [`OpenBankingError::NotWorking`] for what leads to no
/// connection that works, storage.
pub async fn replay(
    bank: &Bank,
    caller: &Caller,
    (event_id, reason): (&str, Reason),
) -> Result<(), OpenBankingError> {
    caller.require(Permission::ManageConnections)?;
    let tx = bank.db.begin().await?;
    let event = inbox::find(&tx, event_id).await?.ok_or(OpenBankingError::NotFound)?;
    let named = match event.connection_id {
        Some(id) => Some(id),
        None => inbox::reader_of(&tx, &event.resource_id).await?,
    };
    let row = match named {
        Some(id) => store::load(&tx, id).await?,
        None => None,
    };
    let row = row.filter(|row| row.status == ConnectionStatus::Active);
    let id = row.ok_or(OpenBankingError::NotWorking)?.id;
    ask_for_pull(bank, &tx, id, Purpose::Event).await?;
    inbox::put_state(&tx, event_id, (EventState::Taken, Some(id))).await?;
    let done = Event {
        after: Some(json!({ "event_id": event_id, "kind": event.kind })),
        ..Event::new("truelayer.webhook_replayed", subject(id)).because(reason.as_str())
    };
    audit::record(bank, &tx, caller, done).await?;
    Ok(tx.commit().await?)
}

/// Sends a signed event of our own through the intake, to show that secret, signature and inbox fit together; in a sandbox
/// only. It names an account that is linked, where there is one. Returns the event's name.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::Off`] outside a sandbox and without a secret, storage.
pub async fn send_test(bank: &Bank, caller: &Caller) -> Result<String, OpenBankingError> {
    caller.require(Permission::ManageConnections)?;
    let (_, settings) = reach(bank)?;
    let is_ours = settings.webhook_scheme == WebhookScheme::Hmac && !bank.settings.is_production();
    let secret = settings.webhook_secrets.first().filter(|_| is_ours);
    let secret = secret.ok_or(OpenBankingError::Off)?;
    let account = imported::any_account(bank.db.read()).await?;
    let event_id =
        format!("evt_test_{}", Builder::from_random_bytes(bank.random.bytes()).into_uuid().simple());
    let body = json!({
        "type": "transaction.created",
        "event_id": event_id,
        "event_timestamp": bank.now().to_rfc3339(),
        "resource_id": account.map_or_else(|| "test-account".to_owned(), |account| account.service_id),
        "resource_type": "account",
    });
    let body = body.to_string();
    let key = Secret::new(secret.expose().as_bytes().to_vec());
    let signature = sign(&key, Form::Body, body.as_bytes(), bank.now());
    let tx = bank.db.begin().await?;
    let sent = Event {
        after: Some(json!({ "event_id": event_id })),
        ..Event::new("truelayer.test_sent", Subject::new("truelayer_webhook", "test"))
    };
    audit::record(bank, &tx, caller, sent).await?;
    tx.commit().await?;
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE_HEADER, signature.parse().map_err(|_| OpenBankingError::Off)?);
    match webhook::take(bank, None, ("", &headers, body.as_bytes())).await {
        Ok(()) => Ok(event_id),
        Err(WebhookError::Storage(error)) => Err(error.into()),
        Err(error) => {
            tracing::error!(%error, "a test event of our own was refused");
            Err(OpenBankingError::Off)
        }
    }
}
