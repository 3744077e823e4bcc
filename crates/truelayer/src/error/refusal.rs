//! Refusals as they arrive: the auth server's, the data server's, and problem documents.

use std::fmt;
use std::time::Duration;

use kernel::Secret;
use serde::Deserialize;

use super::ErrorCode;

/// Holds what the service said when it said no.
///
/// Its words (`description`) may repeat what a bank or a user wrote: they are for the operator who asks for them,
/// and stay out of `Display` and `Debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the answer.
    pub status: u16,
    /// Why.
    pub code: ErrorCode,
    /// The service's own words.
    pub description: Option<Secret<String>>,
    /// How long to wait, where a gateway says so; the service itself does not.
    pub retry_after: Option<Duration>,
    /// Whether the same request with the same key may be answered differently next time (Payments API).
    pub should_retry: Option<bool>,
    /// The name under which the service's support finds the call.
    pub correlation_id: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let correlation_id = self.correlation_id.as_deref().unwrap_or("none");
        write!(
            f,
            "TrueLayer refused: {} (status {}, correlation id {correlation_id})",
            self.code.as_str(),
            self.status
        )
    }
}

impl std::error::Error for Refusal {}

/// The two shapes of refusals on the wire; every field may be missing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Option<String>,
    error_description: Option<String>,
    error_details: Option<Details>,
    /// Of a problem document: an address whose fragment names the problem.
    r#type: Option<String>,
    title: Option<String>,
    detail: Option<String>,
    trace_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    reason: Option<String>,
}

impl Refusal {
    /// Reads an answer that is no success; what is not JSON is classified by its status.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let body: Body = serde_json::from_slice(body).unwrap_or_default();
        let reason = body.error_details.as_ref().and_then(|details| details.reason.as_deref());
        let code = match (&body.error, &body.r#type) {
            (Some(error), _) => known_or_status(ErrorCode::read(error, reason), status),
            (None, Some(kind)) => problem(kind, body.title.as_deref(), status),
            (None, None) => ErrorCode::of_status(status),
        };
        let description = body.error_description.or(body.detail).or(body.title);
        Self {
            status,
            code,
            description: description.map(Secret::new),
            retry_after: None,
            should_retry: None,
            correlation_id: body.trace_id,
        }
    }
}

fn known_or_status(code: ErrorCode, status: u16) -> ErrorCode {
    if code == ErrorCode::Unknown { ErrorCode::of_status(status) } else { code }
}

/// Reads a problem document (RFC 9457): of payments, or of extending a connection, whose `type` is always the same.
fn problem(kind: &str, title: Option<&str>, status: u16) -> ErrorCode {
    let fragment = kind.rsplit_once('#').map_or("", |(_, fragment)| fragment);
    match (fragment, status) {
        ("connection-api-errors", 401) => ErrorCode::InvalidRefreshToken,
        ("connection-api-errors", 422) => ErrorCode::CannotBeExtended,
        ("connection-api-errors", 400) if title.is_some() => ErrorCode::ValidationError,
        ("invalid-parameters", _) => ErrorCode::ValidationError,
        ("unauthenticated", _) => ErrorCode::Unauthorized,
        ("forbidden", _) => ErrorCode::AccessDenied,
        ("not-found", _) => ErrorCode::NotFound,
        ("provider-error", _) => ErrorCode::ProviderError,
        ("unknown-error", _) => ErrorCode::InternalServerError,
        (named, status) => known_or_status(ErrorCode::read(named, None), status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_of_refusal_is_read() {
        let extend = "https://docs.truelayer.com/#connection-api-errors";
        let payments = "https://docs.truelayer.com/docs/payments-api-errors";
        for (status, body, expected) in [
            (400, r#"{"error":"invalid_grant"}"#.to_owned(), ErrorCode::InvalidGrant),
            (401, r#"{"error":"invalid_token","error_description":"x"}"#.to_owned(), ErrorCode::InvalidToken),
            (
                401,
                r#"{"error":"invalid_request","error_details":{"reason":"Invalid refresh_token"}}"#
                    .to_owned(),
                ErrorCode::InvalidRefreshToken,
            ),
            (403, r#"{"error":"brand_new"}"#.to_owned(), ErrorCode::AccessDenied),
            (502, "<html>Bad Gateway</html>".to_owned(), ErrorCode::TemporarilyUnavailable),
            (500, String::new(), ErrorCode::InternalServerError),
            (400, format!(r#"{{"type":"{extend}","title":"t"}}"#), ErrorCode::ValidationError),
            (401, format!(r#"{{"type":"{extend}","title":"t"}}"#), ErrorCode::InvalidRefreshToken),
            (422, format!(r#"{{"type":"{extend}","title":"t"}}"#), ErrorCode::CannotBeExtended),
            (401, format!(r#"{{"type":"{payments}#unauthenticated"}}"#), ErrorCode::Unauthorized),
            (
                422,
                format!(r#"{{"type":"{payments}#idempotency-key-reuse"}}"#),
                ErrorCode::IdempotencyKeyReuse,
            ),
            (400, format!(r#"{{"type":"{payments}#invalid_state"}}"#), ErrorCode::InvalidState),
            (429, r#"{"error":42}"#.to_owned(), ErrorCode::RateLimitExceeded),
        ] {
            assert_eq!(Refusal::read(status, body.as_bytes()).code, expected, "{status} {body}");
        }
    }

    #[test]
    fn the_services_words_are_kept_and_never_printed() {
        let body = br#"{"error":"access_denied","error_description":"canary"}"#;
        let refusal = Refusal::read(403, body);
        assert_eq!(refusal.description.as_ref().map(|words| words.expose().as_str()), Some("canary"));
        assert!(!format!("{refusal} {refusal:?}").contains("canary"));
    }
}
