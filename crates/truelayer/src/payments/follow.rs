//! Authorizing a payment, reading it again, giving it up.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::payment::{FlowOnTheWire, NextAction, Payment, PaymentOnTheWire, PaymentStatus};
use super::{Payments, Write};
use crate::error::Error;
use crate::token::AccessToken;

/// Begins the authorization, from a page that can show a list of banks and redirect.
#[derive(Clone, Copy, Debug)]
pub struct StartFlow<'a> {
    /// The payment.
    pub payment_id: &'a str,
    /// Where the user comes back to, with `payment_id` in the query.
    pub return_uri: &'a Url,
    /// The address of the user who is paying.
    pub user: Option<IpAddr>,
}

/// Says where a payment's authorization stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// `authorizing` or `failed`.
    pub status: PaymentStatus,
    /// What the user has to do next.
    pub next: Option<NextAction>,
    /// Why it failed, in the service's open list of words.
    pub failure_reason: Option<String>,
}

#[derive(Deserialize)]
struct FlowReply {
    status: PaymentStatus,
    #[serde(default)]
    authorization_flow: Option<FlowOnTheWire>,
    #[serde(default)]
    failure_reason: Option<String>,
}

impl From<FlowReply> for Flow {
    fn from(reply: FlowReply) -> Self {
        let next = reply.authorization_flow.and_then(FlowOnTheWire::next);
        Self { status: reply.status, next, failure_reason: reply.failure_reason }
    }
}

impl Payments {
    /// Begins the authorization.
    ///
    /// # Errors
    /// `invalid_state` when it has begun before.
    pub async fn start(
        &self,
        start: &StartFlow<'_>,
        idempotency_key: &str,
        token: &AccessToken,
    ) -> Result<Flow, Error> {
        let body = json!({
            "provider_selection": {},
            "redirect": { "return_uri": start.return_uri.as_str() },
        });
        let write = Write {
            name: "payment_start",
            segments: vec![start.payment_id, "authorization-flow"],
            body,
            idempotency_key,
            user: start.user,
        };
        self.write(write, token).await?.json::<FlowReply>().map(Flow::from)
    }

    /// Names the bank that the user has chosen.
    ///
    /// # Errors
    /// `invalid_state` when nobody asked for it; `validation_error` for a bank that was not offered.
    pub async fn select_provider(
        &self,
        payment_id: &str,
        provider_id: &str,
        idempotency_key: &str,
        token: &AccessToken,
    ) -> Result<Flow, Error> {
        let write = Write {
            name: "payment_select_provider",
            segments: vec![payment_id, "authorization-flow", "actions", "provider-selection"],
            body: json!({ "provider_id": provider_id }),
            idempotency_key,
            user: None,
        };
        self.write(write, token).await?.json::<FlowReply>().map(Flow::from)
    }

    /// Reads a payment.
    pub async fn find(&self, payment_id: &str, token: &AccessToken) -> Result<Payment, Error> {
        let reply = self.read("payment", payment_id, token).await?;
        reply.json::<PaymentOnTheWire>()?.try_into().map_err(|_| reply.unreadable())
    }

    /// Gives a payment up that is not authorized yet; it becomes `failed`.
    ///
    /// # Errors
    /// `invalid_state` when it is too late.
    pub async fn cancel(
        &self,
        payment_id: &str,
        idempotency_key: &str,
        token: &AccessToken,
    ) -> Result<(), Error> {
        let write = Write {
            name: "payment_cancel",
            segments: vec![payment_id, "actions", "cancel"],
            body: json!({}),
            idempotency_key,
            user: None,
        };
        self.write(write, token).await.map(drop)
    }
}
