//! A rendered page as an answer.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Look, Markup, flash};
use crate::web::Problem;

/// Allows our own stylesheet, scripts and pictures, forms and requests to ourselves, and nothing inline.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// Answers with a page. The message of the form before is on it, and so is forgotten.
///
/// # Errors
/// 500 when the template fails, which none of ours can.
pub fn show(look: &Look, status: StatusCode, page: &impl Template) -> Result<Response, Problem> {
    let html = Markup::of(page)?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    if look.flash().is_some() && !look.is_partial() {
        flash::forget(look.bank(), &mut headers);
    }
    Ok((status, headers, html.to_string()).into_response())
}
