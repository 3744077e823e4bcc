//! What the service reports.

use axum::Extension;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};

use crate::Bank;
use crate::openbanking::{WebhookError, service};
use crate::web::{ClientAddress, Problem, Problems, RawBody};

/// How long what is reported may be, in bytes: events are short.
const LONGEST: usize = 64 * 1024;

/// Refuses what is longer than any event, before anybody looks into it.
pub(super) fn bounded(body: &[u8]) -> Result<(), Problem> {
    if body.len() > LONGEST { Err(Problem::too_large()) } else { Ok(()) }
}

/// Take in what TrueLayer reports about linked accounts. Signed with HMAC-SHA256 over the body, in hexadecimal,
/// or by a detached JWS (ES512), as the operator has chosen.
#[utoipa::path(
    post, path = "/integrations/truelayer/webhook", operation_id = "take_webhook", tag = "open-banking",
    params(("Tl-Signature" = String, Header, description = "HMAC-SHA256 of the body in hexadecimal, or a detached JWS")),
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "It is taken in, or was"), Problems)
)]
pub async fn take_webhook(
    State(bank): State<Bank>,
    source: Option<Extension<ClientAddress>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Extension(RawBody(body)): Extension<RawBody>,
) -> Result<StatusCode, Problem> {
    bounded(&body)?;
    let source = source.map(|Extension(address)| address.network());
    service::take_webhook(&bank, source, (uri.path(), &headers, &body)).await?;
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
