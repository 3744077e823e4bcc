//! What a payment is, read from the service's answers.

use std::collections::BTreeMap;

use kernel::{Currency, Instant, Money, Secret};
use serde::Deserialize;
use url::Url;

use crate::timestamp::{Timestamp, lenient};

/// Says where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// It is created; nobody has been asked.
    AuthorizationRequired,
    /// The user is on the way.
    Authorizing,
    /// The user and the bank said yes.
    Authorized,
    /// The payer's bank has sent the money. It has not arrived.
    Executed,
    /// The money has arrived.
    Settled,
    /// No money moves.
    Failed,
    /// This attempt failed; the user may try again.
    AttemptFailed,
    /// Something new: nothing may be concluded from it.
    #[serde(other)]
    Unknown,
}

impl PaymentStatus {
    /// Says whether nothing more will happen by itself.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Settled | Self::Failed)
    }
}

/// Holds what comes back when a payment is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedPayment {
    /// The payment.
    pub id: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Opens this one payment to a page in the browser.
    pub resource_token: Secret<String>,
    /// The service's name for the user.
    pub user_id: String,
}

#[derive(Deserialize)]
pub(super) struct CreatedPaymentOnTheWire {
    id: String,
    status: PaymentStatus,
    resource_token: Secret<String>,
    user: UserOnTheWire,
}

#[derive(Deserialize)]
struct UserOnTheWire {
    id: String,
}

impl From<CreatedPaymentOnTheWire> for CreatedPayment {
    fn from(wire: CreatedPaymentOnTheWire) -> Self {
        let CreatedPaymentOnTheWire { id, status, resource_token, user } = wire;
        Self { id, status, resource_token, user_id: user.id }
    }
}

/// Says what the user has to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextAction {
    /// Choose a bank.
    SelectProvider(Vec<PaymentProvider>),
    /// Go to the bank.
    Redirect(Url),
    /// Wait: read the payment again, or wait for its event.
    Wait,
    /// Something that this program's pages cannot do.
    Other(String),
}

/// Names a bank that can be paid from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PaymentProvider {
    /// Its name at the service.
    pub id: String,
    /// Its name for people.
    #[serde(default)]
    pub display_name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct FlowOnTheWire {
    #[serde(default)]
    actions: Option<ActionsOnTheWire>,
}

#[derive(Deserialize)]
struct ActionsOnTheWire {
    next: NextOnTheWire,
}

#[derive(Deserialize)]
struct NextOnTheWire {
    r#type: String,
    #[serde(default)]
    uri: Option<Url>,
    #[serde(default)]
    providers: Vec<PaymentProvider>,
}

impl FlowOnTheWire {
    pub(super) fn next(self) -> Option<NextAction> {
        let next = self.actions?.next;
        Some(match (next.r#type.as_str(), next.uri) {
            ("provider_selection", _) => NextAction::SelectProvider(next.providers),
            ("redirect", Some(uri)) => NextAction::Redirect(uri),
            ("wait", _) => NextAction::Wait,
            _ => NextAction::Other(next.r#type),
        })
    }
}

/// Says why money that had arrived went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalReason {
    /// It should not have come.
    Corrected,
    /// It came to nothing after all.
    Failed,
    /// The payer took it back.
    Disputed,
    /// Something new.
    #[serde(other)]
    Unknown,
}

/// Holds a payment as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The payment.
    pub id: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// How much.
    pub amount: Money,
    /// The texts that it was created with.
    pub metadata: BTreeMap<String, String>,
    /// What the user has to do next.
    pub next: Option<NextAction>,
    /// When the payer's bank sent the money.
    pub executed_at: Option<Instant>,
    /// When the money arrived.
    pub settled_at: Option<Instant>,
    /// When it failed.
    pub failed_at: Option<Instant>,
    /// Where it stood when it failed.
    pub failure_stage: Option<PaymentStatus>,
    /// Why it failed, in the service's open list of words.
    pub failure_reason: Option<String>,
    /// When money that had arrived went back.
    pub reversed_at: Option<Instant>,
    /// Why.
    pub reversal_reason: Option<ReversalReason>,
}

#[derive(Deserialize)]
pub(super) struct PaymentOnTheWire {
    id: String,
    status: PaymentStatus,
    amount_in_minor: i64,
    currency: Currency,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    authorization_flow: Option<FlowOnTheWire>,
    #[serde(default, deserialize_with = "lenient")]
    executed_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient")]
    settled_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient")]
    failed_at: Option<Timestamp>,
    #[serde(default)]
    failure_stage: Option<PaymentStatus>,
    #[serde(default)]
    failure_reason: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    reversed_at: Option<Timestamp>,
    #[serde(default)]
    reversal_reason: Option<ReversalReason>,
}

/// Says that an amount is none.
pub(super) struct NoAmount;

impl TryFrom<PaymentOnTheWire> for Payment {
    type Error = NoAmount;

    fn try_from(wire: PaymentOnTheWire) -> Result<Self, NoAmount> {
        let amount = Money::new(wire.amount_in_minor, wire.currency);
        if !amount.is_positive() {
            return Err(NoAmount);
        }
        let instant = |timestamp: Option<Timestamp>| timestamp.map(|timestamp| timestamp.at);
        Ok(Self {
            id: wire.id,
            status: wire.status,
            amount,
            metadata: wire.metadata,
            next: wire.authorization_flow.and_then(FlowOnTheWire::next),
            executed_at: instant(wire.executed_at),
            settled_at: instant(wire.settled_at),
            failed_at: instant(wire.failed_at),
            failure_stage: wire.failure_stage,
            failure_reason: wire.failure_reason,
            reversed_at: instant(wire.reversed_at),
            reversal_reason: wire.reversal_reason,
        })
    }
}
