//! Single payments over Payments API v3: create, let the user authorize, follow, cancel.
//!
//! `authorization_required → authorizing → authorized → executed → settled`, or `failed` from any of the first four.
//! `executed` means that the payer's bank has sent the money; only `settled` means that it has arrived, so a ledger
//! posts on `settled` and never before. A settled payment may still be reversed ([`PaymentEventKind::Reversed`]).
//! Payments to accounts outside the service end at `executed`.
//!
//! Every write carries an `Idempotency-Key` of the caller's and a `Tl-Signature` by the program's own key that covers
//! it: the same key and the same body are the same payment, however often they are sent.

mod create;
mod event;
mod follow;
mod payment;

pub use create::{Beneficiary, BeneficiaryAccount, NewPayment, Payer, ProviderSelection};
pub use event::{PaymentEvent, PaymentEventKind};
pub use follow::{Flow, StartFlow};
pub use payment::{CreatedPayment, NextAction, Payment, PaymentProvider, PaymentStatus, ReversalReason};

use http::{HeaderMap, HeaderValue, header::HeaderName};
use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::client::{Client, Outgoing, Reply};
use crate::environment::join;
use crate::error::{Error, Failure};
use crate::signature::{SIGNATURE_HEADER, SignedRequest, SigningKey};
use crate::token::AccessToken;

/// How long the service may take.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);
/// The header that makes a write safe to repeat; the signature must cover it.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// The scope of tokens for payments.
pub const SCOPE: &str = "payments";

/// Makes and follows payments as one program.
#[derive(Clone, Debug)]
pub struct Payments {
    client: Client,
    key: SigningKey,
}

/// A write: what is done to which path, under which key.
struct Write<'a> {
    name: &'static str,
    segments: Vec<&'a str>,
    body: Value,
    idempotency_key: &'a str,
    user: Option<std::net::IpAddr>,
}

impl Payments {
    /// Signs with `key`, whose public half the service knows under its name.
    pub const fn new(client: Client, key: SigningKey) -> Self {
        Self { client, key }
    }

    /// Returns the client that carries the requests.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Gets a token for payments; lives an hour, belongs to the program and not to a user.
    pub async fn token(&self) -> Result<crate::Tokens, Error> {
        self.client.client_token(SCOPE).await
    }

    fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        join(self.client.environment().api(), ["v3", "payments"].into_iter().chain(segments))
    }

    async fn read(&self, name: &'static str, id: &str, token: &AccessToken) -> Result<Reply, Error> {
        let request = self.client.http().get(self.url([id])).timeout(TIMEOUT);
        self.client.send(Outgoing { name, request, token: Some(token) }).await
    }

    async fn write(&self, write: Write<'_>, token: &AccessToken) -> Result<Reply, Error> {
        // What is signed are the bytes that are sent, so they are made once.
        let body = serde_json::to_vec(&write.body).expect("a JSON value can be written");
        let url = self.url(write.segments);
        let mut headers = HeaderMap::new();
        let unusable = |_| Error::Unreachable(Failure::SetUp);
        let key = HeaderValue::from_str(write.idempotency_key).map_err(unusable)?;
        headers.insert(HeaderName::from_static("idempotency-key"), key);
        let signed = SignedRequest { method: "POST", path: url.path(), headers: &headers, body: &body };
        let signature = self.key.sign(&signed, &[IDEMPOTENCY_KEY], None);
        let signature = signature.map_err(|_| Error::Unreachable(Failure::SetUp))?;
        let signature = HeaderValue::from_str(&signature).map_err(unusable)?;
        headers.insert(HeaderName::from_static(SIGNATURE_HEADER), signature);
        headers
            .insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
        if let Some(user) = write.user {
            let user = HeaderValue::from_str(&user.to_string()).map_err(unusable)?;
            headers.insert(HeaderName::from_static("x-forwarded-for"), user);
        }
        let request =
            self.client.http().request(Method::POST, url).headers(headers).body(body).timeout(TIMEOUT);
        self.client.send(Outgoing { name: write.name, request, token: Some(token) }).await
    }
}
