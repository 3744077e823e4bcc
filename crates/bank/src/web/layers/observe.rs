//! The request id, the span and the metrics of every request.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::Response;
use kernel::RequestId;
use metrics::{Label, SharedString};
use tracing::Span;
use uuid::Uuid;

use super::Route;
use super::address::TrustedPeer;
use crate::Bank;

/// Carries the request id in and out.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Follows one request from its arrival to its answer.
pub(super) struct Observation {
    started: Instant,
    id: RequestId,
    method: &'static str,
    route: Option<Route>,
    /// Has the route's template, never the path, the query or anything personal.
    pub(super) span: Span,
}

impl Observation {
    /// Names the request and opens its span.
    pub(super) fn begin(bank: &Bank, request: &mut Request) -> Self {
        let started = Instant::now();
        let id = given_id(request).unwrap_or_else(|| RequestId::generate(bank.now(), &bank.random));
        request.extensions_mut().insert(id);
        let method = method_name(request.method());
        let route = Route::find(request.extensions_mut());
        let span = tracing::info_span!(
            "request", request.id = %id, http.method = method, http.route = %template(route.as_ref()),
            http.status = tracing::field::Empty
        );
        Self { started, id, method, route, span }
    }

    /// Closes the span, counts the request and puts its id on the answer.
    pub(super) fn end(self, response: &mut Response) {
        let status = response.status();
        self.span.record("http.status", status.as_u16());
        let elapsed = self.started.elapsed();
        self.span.in_scope(|| tracing::debug!(elapsed_us = elapsed.as_micros(), "request answered"));
        let route = self.route.map_or_else(|| SharedString::const_str(UNMATCHED), |route| route.0.into());
        let labels = vec![
            Label::from_static_parts("method", self.method),
            Label::new("route", route),
            Label::new("status", status.as_str().to_owned()),
        ];
        metrics::counter!("http_requests_total", labels.clone()).increment(1);
        metrics::histogram!("http_request_duration_seconds", labels).record(elapsed);
        response.headers_mut().insert(X_REQUEST_ID, header(self.id));
    }
}

/// The route of a path that the router does not know.
const UNMATCHED: &str = "unmatched";

fn template(route: Option<&Route>) -> &str {
    route.map_or(UNMATCHED, |route| &route.0)
}

/// Takes a well-formed id from a proxy of ours: ours, or any UUID.
fn given_id(request: &Request) -> Option<RequestId> {
    request.extensions().get::<TrustedPeer>()?;
    read_id(request.headers())
}

fn read_id(headers: &HeaderMap) -> Option<RequestId> {
    let text = headers.get(X_REQUEST_ID)?.to_str().ok()?;
    text.parse().ok().or_else(|| Uuid::try_parse(text).ok().map(RequestId::from_uuid))
}

fn header(id: RequestId) -> HeaderValue {
    HeaderValue::try_from(id.to_string()).expect("an id is visible ASCII")
}

/// Keeps the number of metric series bounded: methods are the client's to invent.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_ours_or_a_uuid_and_nothing_else() {
        for (text, known) in [
            ("req_01h2e8kqvbfwea724h75qc655w", true),
            ("018c9c89-df6b-7f1c-a388-913966c314bc", true),
            ("018c9c89df6b7f1ca388913966c314bc", true),
            ("usr_01h2e8kqvbfwea724h75qc655w", false),
            ("<script>", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(X_REQUEST_ID, text.parse().expect("a header"))]);
            assert_eq!(read_id(&headers).is_some(), known, "{text}");
        }
    }
}
