//! Problems get their request id here, and whatever else failed becomes a problem.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::RequestId;

use crate::web::Problem;
use crate::web::page::{self, Look};

/// Renders problems with the request id, for whom `look` is a page as a page, and turns the framework's own
/// refusals into problems.
pub(super) fn render(id: Option<RequestId>, look: Option<&Look>, mut response: Response) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if is_bare_refusal(&response) => from_status(response.status()),
        None => return response,
    };
    let problem = match id {
        Some(id) => problem.request_id(id),
        None => problem,
    };
    match look {
        Some(look) => replace_page(response, page::answer_problem(look, &problem)),
        None => replace_body(response, &problem),
    }
}

/// Answers for a handler that panicked, without a word about why.
pub(super) fn panicked() -> Response {
    tracing::error!("a request handler panicked");
    from_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// Keeps the status and the headers that the refusal came with, `Allow` and `Retry-After` among them.
fn replace_body(response: Response, problem: &Problem) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    Response::from_parts(parts, Body::from(problem.to_json()))
}

/// Puts a page where the refusal was, whose other headers stay, too.
fn replace_page(refusal: Response, page: Response) -> Response {
    let (mut parts, _) = refusal.into_parts();
    let (page_parts, body) = page.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    for (name, value) in &page_parts.headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body)
}

/// Pages and rendered problems speak for themselves; plain text and empty bodies are the framework's.
fn is_bare_refusal(response: &Response) -> bool {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_bare = kind.is_none_or(|kind| kind.starts_with(b"text/plain"));
    is_bare && (status.is_client_error() || status.is_server_error())
}

fn from_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => Problem::method_not_allowed(),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        StatusCode::UNAUTHORIZED => Problem::unauthenticated(),
        StatusCode::FORBIDDEN => Problem::forbidden(),
        _ if status.is_server_error() => {
            Problem::new(status, "internal_error", "Something went wrong on our side")
        }
        _ => Problem::new(status, "unreadable_request", "The request cannot be read"),
    }
}
