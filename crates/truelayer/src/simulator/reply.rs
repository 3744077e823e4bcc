//! Answers in the service's form, and the layer through which every request goes.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::calls::RecordedCall;
use super::delay;
use super::faults::{self, FaultKind};
use super::shared::{Handle, Shared};

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A refusal in the form of the auth and data servers.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) description: String,
    pub(super) reason: Option<&'static str>,
}

impl Refused {
    pub(super) fn new(status: u16, code: &'static str, description: &str) -> Self {
        Self { status, code, description: description.to_owned(), reason: None }
    }

    pub(super) fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.code });
        if !self.description.is_empty() {
            body["error_description"] = self.description.into();
            body["error_details"] = match self.reason {
                Some(reason) => json!({ "reason": reason }),
                None => json!({}),
            };
        }
        json_bytes(self.status, body.to_string().into_bytes())
    }
}

/// Answers with JSON that is written already, so that amounts keep their digits.
pub(super) fn json_bytes(status: u16, body: Vec<u8>) -> Response {
    (status_code(status), [(header::CONTENT_TYPE, JSON)], body).into_response()
}

/// Answers with a problem document (RFC 9457).
pub(super) fn problem(status: u16, body: &Value) -> Response {
    let kind = HeaderValue::from_static("application/problem+json; charset=UTF-8");
    (status_code(status), [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
}

pub(super) fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Records each request, makes it slow, and lets a fault strike. The control API is spared.
pub(super) async fn observe(State(shared): State<Handle>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if path.starts_with("/sim") {
        return next.run(request).await;
    }
    let mut call = describe(&request, path, shared.now());
    let (fault, latency) = strike(&shared, &call.path);
    delay::wait(latency).await;
    let response = match fault {
        None => next.run(request).await,
        Some(FaultKind::LoseAnswer) => lost(next.run(request).await),
        Some(fault) => spoiled(fault),
    };
    call.cached = response.extensions().get::<FromCache>().is_some();
    call.status = response.status().as_u16();
    shared.world().record(call);
    response
}

fn describe(request: &Request, path: String, at: kernel::Instant) -> RecordedCall {
    let named = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
    RecordedCall {
        at,
        method: request.method().to_string(),
        path,
        status: 0,
        attended: named("x-psu-ip").is_some(),
        correlation_id: named("x-client-correlation-id"),
        cached: false,
    }
}

fn strike(shared: &Shared, path: &str) -> (Option<FaultKind>, u64) {
    let mut world = shared.world();
    let fault = faults::take(&mut world.faults, path);
    (fault, world.modes.latency_milliseconds)
}

fn spoiled(fault: FaultKind) -> Response {
    match fault {
        FaultKind::Refuse { status, code } => {
            json_bytes(status, json!({ "error": code, "error_details": {} }).to_string().into_bytes())
        }
        FaultKind::Page { status } => {
            (status_code(status), "<html><body>The gateway is having a moment</body></html>").into_response()
        }
        FaultKind::Garbage | FaultKind::LoseAnswer => json_bytes(200, b"{\"results\": [".to_vec()),
    }
}

/// Marks an answer that was given before.
#[derive(Clone, Copy, Debug)]
pub(super) struct FromCache;

/// Keeps the head of an answer and breaks the connection before the body.
fn lost(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("lost")) });
    Response::from_parts(parts, Body::from_stream(broken))
}

/// Returns the bearer token of a request.
pub(super) fn bearer(headers: &http::HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    Some(value.strip_prefix("Bearer ")?.trim().to_owned())
}
