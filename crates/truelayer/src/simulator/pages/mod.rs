//! Pages of the simulated bank and of the service's dialog; nothing on them is real, and they say so.

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, StatusCode, header};
use kernel::Random;
use url::Url;

const STYLE: &str = include_str!("style.css");

/// Something that can be chosen.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) label: String,
}

/// What a user consents to.
pub(super) struct Consent<'a> {
    pub(super) bank: &'a str,
    pub(super) days: i64,
    pub(super) scopes: Vec<&'a str>,
    pub(super) accounts: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "simulator/pages/banks.html")]
struct BanksPage<'a> {
    session: &'a str,
    banks: &'a [Choice],
    style: &'static str,
}

#[derive(Template)]
#[template(path = "simulator/pages/sign_in.html")]
struct SignInPage<'a> {
    session: &'a str,
    bank: &'a str,
    message: Option<&'a str>,
    style: &'static str,
}

#[derive(Template)]
#[template(path = "simulator/pages/consent.html")]
struct ConsentPage<'a> {
    session: &'a str,
    consent: &'a Consent<'a>,
    message: Option<&'a str>,
    style: &'static str,
}

#[derive(Template)]
#[template(path = "simulator/pages/posting.html")]
struct PostingPage<'a> {
    action: &'a str,
    fields: &'a [(&'static str, String)],
    nonce: &'a str,
    style: &'static str,
}

#[derive(Template)]
#[template(path = "simulator/pages/payment.html")]
struct PaymentPage<'a> {
    payment: &'a str,
    amount: &'a str,
    beneficiary: &'a str,
    message: Option<&'a str>,
    style: &'static str,
}

#[derive(Template)]
#[template(path = "simulator/pages/failure.html")]
struct FailurePage<'a> {
    message: &'a str,
    style: &'static str,
}

/// Asks for a bank.
pub(super) fn banks(session: &str, banks: &[Choice]) -> Response {
    render(StatusCode::OK, &BanksPage { session, banks, style: STYLE }, None)
}

/// Asks for name and password.
pub(super) fn sign_in(session: &str, bank: &str, message: Option<&str>) -> Response {
    render(StatusCode::OK, &SignInPage { session, bank, message, style: STYLE }, None)
}

/// Asks for consent.
pub(super) fn consent(session: &str, consent: &Consent<'_>, message: Option<&str>) -> Response {
    render(StatusCode::OK, &ConsentPage { session, consent, message, style: STYLE }, None)
}

/// Sends the browser on by a form, which works by hand where scripts do not run.
pub(super) fn posting(action: &Url, fields: &[(&'static str, String)], random: &Random) -> Response {
    let nonce = STANDARD.encode(random.bytes::<16>());
    let page = PostingPage { action: action.as_str(), fields, nonce: &nonce, style: STYLE };
    render(StatusCode::OK, &page, Some(&nonce))
}

/// Asks to authorize a payment.
pub(super) fn payment(payment: &str, amount: &str, beneficiary: &str, message: Option<&str>) -> Response {
    render(StatusCode::OK, &PaymentPage { payment, amount, beneficiary, message, style: STYLE }, None)
}

/// Says why there is nothing to do.
pub(super) fn failure(status: StatusCode, message: &str) -> Response {
    render(status, &FailurePage { message, style: STYLE }, None)
}

/// Renders under a policy that allows no framing and no script but the one that posts the form.
fn render(status: StatusCode, page: &impl Template, nonce: Option<&str>) -> Response {
    let script = nonce.map_or_else(|| "'none'".to_owned(), |nonce| format!("'nonce-{nonce}'"));
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src {script}; frame-ancestors 'none'; base-uri 'none'"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_FRAME_OPTIONS, "deny".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (HeaderName::from_static("x-content-type-options"), "nosniff".to_owned()),
    ];
    match page.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
