//! What is kept of an answer, and which answers are kept.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::web::Problem;

/// Says that an answer is one that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Renders an answer; its media type follows from its status.
pub fn rendered(status: u16, body: impl Into<Body>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let refused = status.is_client_error() || status.is_server_error();
    let kind = if refused { "application/problem+json" } else { "application/json" };
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Renders a stored answer again, byte for byte, with `Idempotency-Replayed: true`.
pub fn replayed(status: u16, body: impl Into<Body>) -> Response {
    let mut response = rendered(status, body);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// 422: the key was used for another request.
pub fn key_reused() -> Problem {
    Problem::refused("idempotency_key_reused", "The Idempotency-Key was used for another request")
}

/// 409: a request with this key is under way.
pub(super) fn in_flight() -> Problem {
    Problem::conflict("request_in_flight", "A request with this Idempotency-Key is under way").retry_after(1)
}

/// Says whether a refusal would be the same next time: then it is the answer for good.
pub(super) fn is_final(problem: &Problem) -> bool {
    let passes = matches!(
        problem.status(),
        StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
    );
    problem.status().is_client_error() && !passes && problem.code() != "invalid_input"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_domain_are_final_and_everything_else_may_be_asked_again() {
        for problem in [
            Problem::refused("insufficient_funds", "x"),
            Problem::conflict("account_closed", "x"),
            Problem::not_found(),
        ] {
            assert!(is_final(&problem), "{}", problem.code());
        }
        for problem in [
            Problem::unreadable("x"),
            Problem::unauthenticated(),
            Problem::forbidden(),
            Problem::invalid_field("/amount", "x"),
            Problem::too_many(1),
            Problem::unavailable(1),
        ] {
            assert!(!is_final(&problem), "{}", problem.code());
        }
    }
}
