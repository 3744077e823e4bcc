//! Security headers on every response, errors and static files included.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

use crate::Bank;

/// Allows nothing: what the API answers is data, not a page.
const API_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Allows a page our own style, images and nothing else: no script, nothing inline.
pub const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// Two years, subdomains too (ASVS 5.0 V3.4.1 asks for one).
const TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

const ALWAYS: [(HeaderName, HeaderValue); 7] = [
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), \
             payment=(), usb=()",
        ),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-embedder-policy"), HeaderValue::from_static("require-corp")),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), HeaderValue::from_static("none")),
];

/// Adds the headers; a page that brings its own policy or caching keeps it.
pub(super) fn secure(bank: &Bank, is_api: bool, response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if bank.settings.is_production() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TRANSPORT);
    }
    let resource = if is_api && headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        HeaderValue::from_static("cross-origin")
    } else {
        HeaderValue::from_static("same-origin")
    };
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), resource);
    insert_unless_present(headers, header::CONTENT_SECURITY_POLICY, API_POLICY);
    // Also outside the API: only what says otherwise may be kept by a cache.
    insert_unless_present(headers, header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::SERVER);
}

fn insert_unless_present(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}
