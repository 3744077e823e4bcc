//! Cookies that carry a browser's tokens.
//!
//! `__Host-` binds them to this host over TLS (RFC 6265bis §4.1.3.2); only a development bank that is reached
//! over plain http uses plain names, for browsers would drop the others.

use axum::http::{HeaderMap, HeaderValue, header};
use kernel::Instant;

use crate::Bank;
use crate::identity::service::{SignedIn, csrf_token};

/// The header that a browser sends beside its cookies with every write.
pub(super) const CSRF_HEADER: &str = "x-csrf-token";

/// Names the cookies of this bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) session: &'static str,
    pub(super) refresh: &'static str,
    /// Readable by scripts, which send its value back as a header.
    csrf: &'static str,
    attributes: &'static str,
}

const SECURE: Names = Names {
    session: "__Host-florin_session",
    refresh: "__Host-florin_refresh",
    csrf: "__Host-florin_csrf",
    attributes: "; Path=/; SameSite=Lax; Secure",
};

const PLAIN: Names = Names {
    session: "florin_session",
    refresh: "florin_refresh",
    csrf: "florin_csrf",
    attributes: "; Path=/; SameSite=Lax",
};

/// Chooses the names: plain ones only outside production and over http.
pub(super) fn names(bank: &Bank) -> Names {
    let plain = !bank.settings.is_production() && bank.settings.public_url.starts_with("http://");
    if plain { PLAIN } else { SECURE }
}

/// Reads a cookie; one that is sent twice is none, for nobody can say which is ours.
pub(super) fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(found, _)| *found == name).map(|(_, value)| value.to_owned());
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// Sets the cookies of a session.
pub(super) fn set(bank: &Bank, signed_in: &SignedIn) -> HeaderMap {
    let names = names(bank);
    let life = |until: Instant| (until - bank.now()).num_seconds().max(0);
    let session_life = life(signed_in.session_expires_at);
    let csrf = csrf_token(bank, signed_in.session_id);
    let cookies = [
        (names.session, signed_in.access_token.expose(), life(signed_in.access_expires_at), "; HttpOnly"),
        (names.refresh, signed_in.refresh_token.expose(), session_life, "; HttpOnly"),
        (names.csrf, &csrf, session_life, ""),
    ];
    lines(
        cookies.map(|(name, value, life, more)| {
            format!("{name}={value}; Max-Age={life}{}{more}", names.attributes)
        }),
    )
}

/// Clears the cookies of a session.
pub(super) fn clear(bank: &Bank) -> HeaderMap {
    let names = names(bank);
    let cookies = [(names.session, "; HttpOnly"), (names.refresh, "; HttpOnly"), (names.csrf, "")];
    lines(cookies.map(|(name, more)| format!("{name}=; Max-Age=0{}{more}", names.attributes)))
}

fn lines(cookies: [String; 3]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in cookies.into_iter().filter_map(|cookie| HeaderValue::try_from(cookie).ok()) {
        headers.append(header::SET_COOKIE, value);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_refused_when_it_comes_twice() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; florin_session=x.y.z"));
        assert_eq!(read(&headers, "florin_session").as_deref(), Some("x.y.z"));
        assert_eq!(read(&headers, "session"), None);
        headers.append(header::COOKIE, HeaderValue::from_static("florin_session=other"));
        assert_eq!(read(&headers, "florin_session"), None);
    }
}
