//! Cookies that carry a browser's tokens to the API.

use axum::http::HeaderMap;
use chrono::Duration;
use kernel::Instant;

use crate::Bank;
use crate::identity::service::{SignedIn, csrf_token};
use crate::web::cookies::{self, Readable};

/// The header that a browser sends beside its cookies with every write.
pub(super) const CSRF_HEADER: &str = "x-csrf-token";

const SESSION: &str = "florin_session";
const REFRESH: &str = "florin_refresh";
/// Readable by scripts, which send its value back as a header.
const CSRF: &str = "florin_csrf";

/// Reads the access token.
pub(super) fn session(bank: &Bank, headers: &HeaderMap) -> Option<String> {
    cookies::read(headers, &cookies::full_name(bank, SESSION))
}

/// Reads the refresh token.
pub(super) fn refresh(bank: &Bank, headers: &HeaderMap) -> Option<String> {
    cookies::read(headers, &cookies::full_name(bank, REFRESH))
}

/// Sets the cookies of a session.
pub(super) fn set(bank: &Bank, signed_in: &SignedIn) -> HeaderMap {
    let life = |until: Instant| -> Duration { until - bank.now() };
    let (access, session) = (life(signed_in.access_expires_at), life(signed_in.session_expires_at));
    let csrf = csrf_token(bank, signed_in.session_id);
    let mut headers = HeaderMap::new();
    for (name, value, life, readable) in [
        (SESSION, signed_in.access_token.expose(), access, Readable::Never),
        (REFRESH, signed_in.refresh_token.expose(), session, Readable::Never),
        (CSRF, &csrf, session, Readable::ByScript),
    ] {
        cookies::set(bank, &mut headers, (name, value), (life, readable));
    }
    headers
}

/// Clears the cookies of a session.
pub(super) fn clear(bank: &Bank) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in [SESSION, REFRESH, CSRF] {
        cookies::clear(bank, &mut headers, name);
    }
    headers
}
