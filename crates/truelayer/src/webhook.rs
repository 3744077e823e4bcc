//! What webhooks say, once their signature is believed.
//!
//! Three senders: a gateway that reports changes of linked accounts ([`AccountEvent`]), the Data API itself when an
//! asynchronous read is done ([`TaskEvent`], unsigned, so a hint at most), and the Payments API
//! ([`crate::payments::PaymentEvent`]).

use kernel::Instant;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use url::Url;

use crate::client::TaskStatus;
use crate::timestamp::Timestamp;

/// Says that a body is no event of the expected kind; never repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the body is no event")]
pub struct EventError;

/// Reports a change of a linked account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEvent {
    /// The event's name: the same when it is delivered again.
    pub event_id: String,
    /// What happened.
    pub kind: AccountEventKind,
    /// When.
    pub at: Instant,
    /// To what: an account, or for a consent the link's `credentials_id`.
    pub resource_id: String,
}

/// Says what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountEventKind {
    /// A transaction came in.
    TransactionCreated,
    /// An account's details changed.
    AccountUpdated,
    /// A balance changed.
    BalanceUpdated,
    /// The user took the consent back.
    ConsentRevoked,
    /// Something new; the name as it was sent, at most 64 characters.
    Other(String),
}

impl AccountEventKind {
    const KNOWN: [Self; 4] =
        [Self::TransactionCreated, Self::AccountUpdated, Self::BalanceUpdated, Self::ConsentRevoked];

    /// Returns the name as it is sent.
    pub fn as_str(&self) -> &str {
        match self {
            Self::TransactionCreated => "transaction.created",
            Self::AccountUpdated => "account.updated",
            Self::BalanceUpdated => "balance.updated",
            Self::ConsentRevoked => "consent.revoked",
            Self::Other(name) => name,
        }
    }

    fn named(name: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|kind| kind.as_str() == name);
        known.unwrap_or_else(|| Self::Other(name.chars().take(64).collect()))
    }
}

#[derive(Deserialize)]
struct AccountEventOnTheWire {
    r#type: String,
    event_id: String,
    event_timestamp: Timestamp,
    resource_id: String,
}

impl AccountEvent {
    /// Reads the body.
    ///
    /// # Errors
    /// When it is no JSON, a field is missing, or the event has no name.
    pub fn parse(body: &[u8]) -> Result<Self, EventError> {
        let wire: AccountEventOnTheWire = parse(body)?;
        if wire.event_id.trim().is_empty() || wire.event_id.len() > 128 {
            return Err(EventError);
        }
        let kind = AccountEventKind::named(&wire.r#type);
        let AccountEventOnTheWire { event_id, event_timestamp, resource_id, .. } = wire;
        Ok(Self { event_id, kind, at: event_timestamp.at, resource_id })
    }
}

/// Reports that an asynchronous read is done.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TaskEvent {
    /// The task.
    pub task_id: String,
    /// How it ended.
    pub status: TaskStatus,
    /// The link.
    pub credentials_id: String,
    /// What was asked.
    #[serde(default)]
    pub request_uri: Option<Url>,
    /// Where the results are; read them by the task's name, not from here, since nothing signs this.
    #[serde(default)]
    pub results_uri: Option<Url>,
}

impl TaskEvent {
    /// Reads the body.
    ///
    /// # Errors
    /// When it is no JSON or a field is missing.
    pub fn parse(body: &[u8]) -> Result<Self, EventError> {
        parse(body)
    }
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, EventError> {
    serde_json::from_slice(body).map_err(|_| EventError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_event_is_read_and_a_new_one_is_kept() {
        for (name, kind) in [
            ("transaction.created", AccountEventKind::TransactionCreated),
            ("account.updated", AccountEventKind::AccountUpdated),
            ("balance.updated", AccountEventKind::BalanceUpdated),
            ("consent.revoked", AccountEventKind::ConsentRevoked),
            ("card.lost", AccountEventKind::Other("card.lost".to_owned())),
        ] {
            let body = format!(
                r#"{{"type":"{name}","event_id":"evt_1","event_timestamp":"2026-11-19T09:30:00Z",
                    "resource_id":"acc","resource_type":"account"}}"#
            );
            let event = AccountEvent::parse(body.as_bytes()).expect(name);
            assert_eq!((event.kind, event.event_id.as_str()), (kind, "evt_1"));
        }
    }

    #[test]
    fn a_body_that_is_no_event_is_refused() {
        for body in ["", "[]", "{}", r#"{"type":"account.updated"}"#] {
            assert_eq!(AccountEvent::parse(body.as_bytes()), Err(EventError), "{body}");
        }
        for event_id in ["", " ", &"e".repeat(129)] {
            let body = format!(
                r#"{{"type":"account.updated","event_id":"{event_id}","event_timestamp":"2026-11-19","resource_id":"a"}}"#
            );
            assert_eq!(AccountEvent::parse(body.as_bytes()), Err(EventError), "{event_id}");
        }
    }
}
