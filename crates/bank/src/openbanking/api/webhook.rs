//! What the service reports.

use std::net::IpAddr;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, OriginalUri, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use crate::Bank;
use crate::openbanking::{WebhookError, service};
use crate::web::{ClientAddress, Problem, Problems, RawBody};

/// How long what is reported may be, in bytes: events are short.
const LONGEST: usize = 64 * 1024;

/// Holds what was reported as it arrived: a signature is over these very bytes.
pub struct Report {
    source: Option<IpAddr>,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Report {
    /// Returns from which network it came.
    pub(super) const fn source(&self) -> Option<IpAddr> {
        self.source
    }

    /// Returns what may be signed: path, headers and body.
    pub(super) fn message(&self) -> (&str, &HeaderMap, &[u8]) {
        (&self.path, &self.headers, &self.body)
    }
}

impl FromRequestParts<Bank> for Report {
    type Rejection = Problem;

    /// Refuses what is longer than any event, before anybody looks into it.
    async fn from_request_parts(parts: &mut Parts, bank: &Bank) -> Result<Self, Problem> {
        let body = Extension::from_request_parts(parts, bank).await;
        let Extension(RawBody(body)) = body.map_err(|missing| Problem::internal(&missing))?;
        if body.len() > LONGEST {
            return Err(Problem::too_large());
        }
        let source = parts.extensions.get::<ClientAddress>().map(|address| address.network());
        let headers = parts.headers.clone();
        let Ok(OriginalUri(uri)) = OriginalUri::from_request_parts(parts, bank).await;
        Ok(Self { source, path: uri.path().to_owned(), headers, body })
    }
}

/// Take in what TrueLayer reports about linked accounts. Signed with HMAC-SHA256 over the body, in hexadecimal,
/// or by a detached JWS (ES512), as the operator has chosen.
#[utoipa::path(
    post, path = "/integrations/truelayer/webhook", operation_id = "take_webhook", tag = "open-banking",
    params(("Tl-Signature" = String, Header, description = "HMAC-SHA256 of the body in hexadecimal, or a detached JWS")),
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "It is taken in, or was"), Problems)
)]
pub async fn take_webhook(State(bank): State<Bank>, report: Report) -> Result<StatusCode, Problem> {
    service::take_webhook(&bank, report.source(), report.message()).await?;
    Ok(StatusCode::OK)
}

/// Take in that an asynchronous read is done. Nothing signs it, so it is no more than a hint: what it names is looked for by
/// the bank's own record of it, and what it does not name is answered the same.
#[utoipa::path(
    post, path = "/integrations/truelayer/webhook/tasks", operation_id = "take_task_event", tag = "open-banking",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "It is taken in, or nobody asked for it"), Problems)
)]
pub async fn take_task_event(State(bank): State<Bank>, report: Report) -> Result<StatusCode, Problem> {
    service::take_task_event(&bank, report.source(), report.message().2).await?;
    Ok(StatusCode::OK)
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::Off => Self::not_found(),
            WebhookError::Unsigned(_) => Self::unauthenticated(),
            WebhookError::TooMany { retry_after_seconds } => Self::too_many(retry_after_seconds),
            WebhookError::NoEvent(_) | WebhookError::Stale => Self::unreadable(error.to_string()),
            WebhookError::Storage(failure) => failure.into(),
        }
    }
}
