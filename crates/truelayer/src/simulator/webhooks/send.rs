//! Sending what is due.

use chrono::{Duration, SecondsFormat};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use kernel::{Instant, Secret};

use super::outbox::{Delivery, Signing};
use crate::signature::{SIGNATURE_HEADER, SignedRequest, hmac};
use crate::simulator::modes::WebhookMode;
use crate::simulator::registration::{HmacForm, WebhookScheme};
use crate::simulator::shared::Shared;

/// How old a stale event is: older than the service would ever retry.
const STALE: Duration = Duration::days(4);

/// Sends everything that is due, one after the other, and returns when it is answered.
pub(in crate::simulator) async fn send_due(shared: &Shared) {
    let _one_at_a_time = shared.sending.lock().await;
    let now = shared.now();
    let due = {
        let mut world = shared.world();
        let modes = world.modes.webhooks.clone();
        world.outbox.take_due(now, &modes)
    };
    for delivery in due {
        let (headers, body) = prepare(shared, &delivery, now);
        let sent = shared.http.post(delivery.url.clone()).headers(headers).body(body).send().await;
        let status = sent.ok().map(|response| response.status().as_u16());
        shared.world().outbox.settle(delivery, status, now);
    }
}

/// Signs a delivery, and spoils it as the modes say.
fn prepare(shared: &Shared, delivery: &Delivery, now: Instant) -> (HeaderMap, Vec<u8>) {
    let world = shared.world();
    let modes = &world.modes.webhooks;
    let has = |mode: &WebhookMode| delivery.signing != Signing::None && modes.contains(mode);
    let at = if has(&WebhookMode::StaleTimestamp) { now - STALE } else { now };
    let mut body = delivery.body.clone();
    if has(&WebhookMode::StaleTimestamp) {
        body = aged(&body, at);
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let scheme = world.client.webhook.as_ref().map(|webhook| &webhook.scheme);
    let is_wrong = has(&WebhookMode::WrongSecret);
    let signature = match (delivery.signing, scheme) {
        (Signing::None, _) | (Signing::AsRegistered, None) => None,
        (Signing::AsRegistered, Some(WebhookScheme::Hmac { secret, form })) => {
            let wrong = Secret::new(b"nobody shares this secret".to_vec());
            Some(hmac::sign(if is_wrong { &wrong } else { secret }, form.form(), &body, at))
        }
        _ => {
            let path = if has(&WebhookMode::WrongPath) { "/elsewhere" } else { delivery.url.path() };
            sign(shared, &mut headers, &Message { path, body: &body, at, is_wrong })
        }
    };
    if let Some(signature) = signature.and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert(HeaderName::from_static(SIGNATURE_HEADER), signature);
    }
    if has(&WebhookMode::TamperedBody) {
        body.pop();
        body.extend_from_slice(b",\"added\":true}");
    }
    (headers, body)
}

struct Message<'a> {
    path: &'a str,
    body: &'a [u8],
    at: Instant,
    is_wrong: bool,
}

fn sign(shared: &Shared, headers: &mut HeaderMap, message: &Message<'_>) -> Option<String> {
    let at = message.at.to_rfc3339_opts(SecondsFormat::Secs, true);
    headers.insert(HeaderName::from_static("x-tl-webhook-timestamp"), HeaderValue::from_str(&at).ok()?);
    let request = SignedRequest { method: "POST", path: message.path, headers, body: message.body };
    let key = if message.is_wrong { &shared.wrong_key } else { &shared.key };
    let names = ["X-Tl-Webhook-Timestamp", "Content-Type"];
    key.sign(&request, &names, Some(shared.jwks.as_str())).ok()
}

/// Puts an event's own time back.
fn aged(body: &[u8], at: Instant) -> Vec<u8> {
    let mut event: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(timestamp) = event.get_mut("event_timestamp") {
        *timestamp = at.to_rfc3339_opts(SecondsFormat::Millis, true).into();
    }
    event.to_string().into_bytes()
}

impl HmacForm {
    const fn form(self) -> hmac::Form {
        match self {
            Self::Body => hmac::Form::Body,
            Self::Timestamped => hmac::Form::Timestamped,
        }
    }
}
