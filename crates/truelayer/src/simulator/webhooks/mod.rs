//! Events on their way out: signed, retried, and sent wrongly where a mode says so.

mod body;
mod outbox;
mod send;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header;
use serde_json::json;

use super::reply::json_bytes;
use super::shared::Handle;

pub(super) use body::account_event;
pub use outbox::DeliveryRecord;
pub(super) use outbox::{Delivery, Outbox, Signing};
pub(super) use send::send_due;

/// Lists the routes of the host that publishes keys.
pub(super) fn routes() -> Router<Handle> {
    Router::new().route("/.well-known/jwks", get(keys))
}

/// Publishes the key, beside one of another kind as the service does, and without zeros in front of its coordinates.
async fn keys(State(shared): State<Handle>) -> Response {
    let key = shared.key.public_key();
    let (x, y) = key.coordinates();
    let trimmed = |bytes: &[u8]| {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        URL_SAFE_NO_PAD.encode(&bytes[zeros..])
    };
    let body = json!({ "keys": [
        {
            "kty": "RSA", "alg": "RS512", "kid": "an-older-kind-of-key", "e": "AQAB",
            "n": URL_SAFE_NO_PAD.encode(shared.random.bytes::<256>()),
        },
        {
            "kty": "EC", "alg": "ES512", "crv": "P-521", "kid": shared.key.key_id(),
            "x": trimmed(x), "y": trimmed(y),
        },
    ] });
    let mut response = json_bytes(200, body.to_string().into_bytes());
    response.headers_mut().insert(header::CACHE_CONTROL, http::HeaderValue::from_static("max-age=600"));
    response.into_response()
}
