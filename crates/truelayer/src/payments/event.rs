//! Events of payments, signed with `Tl-Signature`.

use kernel::{Currency, Instant, Money};
use serde::Deserialize;

use super::payment::ReversalReason;
use crate::timestamp::Timestamp;
use crate::webhook::{EventError, parse};

/// Reports what happened to a payment. Events repeat and overtake one another: read the payment, or act by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentEvent {
    /// The event's name: the same when it is delivered again.
    pub event_id: String,
    /// The payment; absent for money that belongs to none.
    pub payment_id: Option<String>,
    /// What happened.
    pub kind: PaymentEventKind,
}

/// Says what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentEventKind {
    /// The user and the bank said yes.
    Authorized,
    /// The payer's bank has sent the money; nothing has arrived.
    Executed,
    /// The money has arrived.
    Settled {
        /// When.
        at: Instant,
        /// The service's name for where it came from.
        source_id: Option<String>,
    },
    /// No money moves.
    Failed {
        /// Why, in the service's open list of words.
        reason: String,
    },
    /// Money that had arrived went back.
    Reversed {
        /// When.
        at: Instant,
        /// Why.
        reason: ReversalReason,
    },
    /// It takes longer than it should.
    SettlementStalled,
    /// Money arrived that no payment announced.
    UnmatchedMoney {
        /// The service's name for the movement.
        transaction_id: String,
        /// How much.
        amount: Money,
        /// When.
        at: Instant,
        /// The account at the service.
        merchant_account_id: String,
    },
    /// Something else; the type as it was sent, at most 64 characters.
    Other(String),
}

#[derive(Deserialize)]
struct EventOnTheWire {
    r#type: String,
    event_id: String,
    payment_id: Option<String>,
    settled_at: Option<Timestamp>,
    payment_source: Option<SourceOnTheWire>,
    failure_reason: Option<String>,
    reversed_at: Option<Timestamp>,
    reversal_reason: Option<ReversalReason>,
    transaction_id: Option<String>,
    amount_in_minor: Option<i64>,
    currency: Option<Currency>,
    merchant_account_id: Option<String>,
}

#[derive(Deserialize)]
struct SourceOnTheWire {
    #[serde(default)]
    id: Option<String>,
}

impl PaymentEvent {
    /// Reads the body.
    ///
    /// # Errors
    /// When it is no JSON, or lacks what its type promises.
    pub fn parse(body: &[u8]) -> Result<Self, EventError> {
        let wire: EventOnTheWire = parse(body)?;
        if wire.event_id.trim().is_empty() || wire.event_id.len() > 128 {
            return Err(EventError);
        }
        let (event_id, payment_id) = (wire.event_id.clone(), wire.payment_id.clone());
        let kind = wire.kind().ok_or(EventError)?;
        let needs_payment =
            !matches!(kind, PaymentEventKind::UnmatchedMoney { .. } | PaymentEventKind::Other(_));
        if needs_payment && payment_id.is_none() {
            return Err(EventError);
        }
        Ok(Self { event_id, payment_id, kind })
    }
}

impl EventOnTheWire {
    fn kind(self) -> Option<PaymentEventKind> {
        Some(match self.r#type.as_str() {
            "payment_authorized" => PaymentEventKind::Authorized,
            "payment_executed" => PaymentEventKind::Executed,
            "payment_settled" => PaymentEventKind::Settled {
                at: self.settled_at?.at,
                source_id: self.payment_source.and_then(|source| source.id),
            },
            "payment_failed" => PaymentEventKind::Failed { reason: self.failure_reason? },
            "payment_reversed" => {
                PaymentEventKind::Reversed { at: self.reversed_at?.at, reason: self.reversal_reason? }
            }
            "payment_settlement_stalled" => PaymentEventKind::SettlementStalled,
            "external_payment_received" => PaymentEventKind::UnmatchedMoney {
                transaction_id: self.transaction_id?,
                amount: Money::new(self.amount_in_minor.filter(|minor| *minor > 0)?, self.currency?),
                at: self.settled_at?.at,
                merchant_account_id: self.merchant_account_id?,
            },
            other => PaymentEventKind::Other(other.chars().take(64).collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, more: &str) -> Result<PaymentEvent, EventError> {
        let body = format!(r#"{{"type":"{kind}","event_version":1,"event_id":"e","payment_id":"p"{more}}}"#);
        PaymentEvent::parse(body.as_bytes())
    }

    #[test]
    fn each_kind_of_event_is_read() {
        let at: Instant = "2026-11-19T09:30:00Z".parse().expect("an instant");
        for (kind, more, expected) in [
            ("payment_authorized", "", PaymentEventKind::Authorized),
            ("payment_executed", "", PaymentEventKind::Executed),
            (
                "payment_settled",
                r#","settled_at":"2026-11-19T09:30:00Z","payment_source":{"id":"s"}"#,
                PaymentEventKind::Settled { at, source_id: Some("s".to_owned()) },
            ),
            (
                "payment_failed",
                r#","failure_reason":"canceled""#,
                PaymentEventKind::Failed { reason: "canceled".to_owned() },
            ),
            (
                "payment_reversed",
                r#","reversed_at":"2026-11-19T09:30:00Z","reversal_reason":"disputed""#,
                PaymentEventKind::Reversed { at, reason: ReversalReason::Disputed },
            ),
            ("payment_new_thing", "", PaymentEventKind::Other("payment_new_thing".to_owned())),
        ] {
            assert_eq!(event(kind, more).map(|event| event.kind), Ok(expected), "{kind}");
        }
    }

    #[test]
    fn an_event_that_lacks_what_its_type_promises_is_refused() {
        for kind in ["payment_settled", "payment_failed", "payment_reversed", "external_payment_received"] {
            assert_eq!(event(kind, ""), Err(EventError), "{kind}");
        }
        let without_payment = br#"{"type":"payment_executed","event_version":1,"event_id":"e"}"#;
        assert_eq!(PaymentEvent::parse(without_payment), Err(EventError));
        let nothing = r#","transaction_id":"t","amount_in_minor":0,"currency":"GBP","settled_at":"2026-11-19",
            "merchant_account_id":"m""#;
        assert_eq!(event("external_payment_received", nothing), Err(EventError));
    }
}
