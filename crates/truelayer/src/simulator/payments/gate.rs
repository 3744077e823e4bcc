//! What every request to the Payments API must bring: a token, a key, a signature; and what a repetition gets.

use aws_lc_rs::digest;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use kernel::Instant;
use serde_json::{Value, json};

use super::book::Receipt;
use crate::signature::{Detached, SIGNATURE_HEADER, SignedRequest};
use crate::simulator::reply::{bearer, json_bytes, problem};
use crate::simulator::shared::Shared;
use crate::simulator::token;
use crate::simulator::world::World;

/// A problem of the Payments API: its status, its name in the address of its type, and its words.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: u16,
    name: &'static str,
    title: &'static str,
    errors: Option<Value>,
}

impl Refusal {
    pub(super) const UNAUTHENTICATED: Self = Self::new(401, "unauthenticated", "Unauthenticated");
    pub(super) const FORBIDDEN: Self = Self::new(403, "forbidden", "Forbidden");
    pub(super) const NOT_FOUND: Self = Self::new(404, "not-found", "Not Found");
    pub(super) const INVALID_STATE: Self = Self::new(400, "invalid_state", "Invalid State");
    pub(super) const KEY_REUSE: Self = Self::new(422, "idempotency-key-reuse", "Idempotency-Key Reuse");

    const fn new(status: u16, name: &'static str, title: &'static str) -> Self {
        Self { status, name, title, errors: None }
    }

    pub(super) fn invalid(errors: Value) -> Self {
        Self { errors: Some(errors), ..Self::new(400, "invalid-parameters", "Invalid Parameters") }
    }
}

/// A write that has passed the gate.
pub(super) struct Admitted {
    pub(super) fields: Value,
    path: String,
    key: String,
    body_hash: Vec<u8>,
}

/// The parts of a write.
pub(super) struct Incoming<'a> {
    pub(super) path: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// Judges a token of the program.
pub(super) fn authenticate(world: &World, headers: &HeaderMap, now: Instant) -> Result<(), Refusal> {
    let token = bearer(headers).ok_or(Refusal::UNAUTHENTICATED)?;
    let (expires_at, scope) = world.client_tokens.get(&token).ok_or(Refusal::UNAUTHENTICATED)?;
    if now >= *expires_at {
        return Err(Refusal::UNAUTHENTICATED);
    }
    let may_pay = scope.split_whitespace().any(|name| name == "payments");
    may_pay.then_some(()).ok_or(Refusal::FORBIDDEN)
}

/// Judges a write: token, key, signature, then whether it is a repetition, which gets the answer of the first time.
pub(super) fn admit(
    world: &World,
    incoming: &Incoming<'_>,
    now: Instant,
) -> Result<Result<Admitted, Receipt>, Refusal> {
    authenticate(world, incoming.headers, now)?;
    let text = |name: &str| incoming.headers.get(name)?.to_str().ok();
    let key = text("idempotency-key").filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| Refusal::invalid(json!({ "Idempotency-Key": ["Required."] })))?;
    let signature = text(SIGNATURE_HEADER).and_then(|text| Detached::parse(text).ok());
    let signature = signature.ok_or(Refusal::UNAUTHENTICATED)?;
    let known = world.client.signing_keys.iter().find(|(id, _)| *id == signature.header().kid);
    let (_, public) = known.ok_or(Refusal::UNAUTHENTICATED)?;
    let signed =
        SignedRequest { method: "POST", path: incoming.path, headers: incoming.headers, body: incoming.body };
    signature.verify(public, &signed, &["Idempotency-Key"]).map_err(|_| Refusal::UNAUTHENTICATED)?;
    let body_hash = digest::digest(&digest::SHA256, incoming.body).as_ref().to_vec();
    if let Some(receipt) = world.payments.receipts.get(&(incoming.path.to_owned(), key.to_owned())) {
        let is_same = receipt.body_hash == body_hash;
        return if is_same { Ok(Err(receipt.clone())) } else { Err(Refusal::KEY_REUSE) };
    }
    let fields = serde_json::from_slice(incoming.body);
    let fields = fields.map_err(|_| Refusal::invalid(json!({ "body": ["Not JSON."] })))?;
    Ok(Ok(Admitted { fields, path: incoming.path.to_owned(), key: key.to_owned(), body_hash }))
}

/// Answers a write and remembers the answer.
pub(super) fn remember(
    shared: &Shared,
    world: &mut World,
    admitted: Admitted,
    (status, body): (u16, &Value),
) -> Response {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let Admitted { path, key, body_hash, .. } = admitted;
    world.payments.receipts.insert((path, key), Receipt { body_hash, status, body: body.clone() });
    reply(shared, status, body)
}

/// Writes an answer with the API's headers.
pub(super) fn reply(shared: &Shared, status: u16, body: Vec<u8>) -> Response {
    let trace_id = token::uuid(&shared.random);
    traced(json_bytes(status, body), &trace_id)
}

/// Writes a refusal; refusals are not remembered, so that a mended request may use the key.
pub(super) fn refuse(shared: &Shared, refusal: &Refusal) -> Response {
    let trace_id = token::uuid(&shared.random);
    let mut body = json!({
        "type": format!("https://docs.truelayer.com/docs/payments-api-errors#{}", refusal.name),
        "title": refusal.title,
        "status": refusal.status,
        "trace_id": trace_id,
        "detail": refusal.title,
    });
    if let Some(errors) = &refusal.errors {
        body["errors"] = errors.clone();
    }
    traced(problem(refusal.status, &body), &trace_id)
}

fn traced(mut response: Response, trace_id: &str) -> Response {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(trace_id) {
        headers.insert("tl-trace-id", value);
    }
    headers.insert("tl-should-retry", HeaderValue::from_static("false"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
