//! What the service reports.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use truelayer::signature::SIGNATURE_HEADER;

use crate::Bank;
use crate::openbanking::{WebhookError, service};
use crate::web::{ClientAddress, Problem, Problems, RawBody};

/// Take in what TrueLayer reports about linked accounts. Signed with HMAC-SHA256 over the body, in hexadecimal.
#[utoipa::path(
    post, path = "/integrations/truelayer/webhook", operation_id = "take_webhook", tag = "open-banking",
    params(("Tl-Signature" = String, Header, description = "HMAC-SHA256 of the body, in hexadecimal")),
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "It is taken in, or was"), Problems)
)]
pub async fn take_webhook(
    State(bank): State<Bank>,
    source: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    Extension(RawBody(body)): Extension<RawBody>,
) -> Result<StatusCode, Problem> {
    let source = source.map(|Extension(address)| address.network());
    let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    service::take_webhook(&bank, source, (signature, &body)).await?;
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
