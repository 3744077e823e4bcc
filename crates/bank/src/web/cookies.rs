//! Cookies of a browser: their names, and how they are read and set.
//!
//! `__Host-` binds them to this host over TLS (RFC 6265bis §4.1.3.2); only a development bank that is reached
//! over plain http uses plain names, for browsers would drop the others.

use axum::http::{HeaderMap, HeaderValue, header};
use chrono::Duration;

use crate::Bank;

/// Says who may read a cookie in the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// Only the browser itself, which sends it back.
    Never,
    /// Our scripts, too.
    ByScript,
}

/// Returns a cookie's full name: plain only outside production and over http.
pub fn full_name(bank: &Bank, name: &str) -> String {
    if is_plain(bank) { name.to_owned() } else { format!("__Host-{name}") }
}

/// Reads a cookie by its full name; one that is sent twice is none, for nobody can say which is ours.
pub fn read(headers: &HeaderMap, full_name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(found, _)| *found == full_name).map(|(_, value)| value.to_owned());
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// Adds a line that sets a cookie for a while.
pub fn set(
    bank: &Bank,
    headers: &mut HeaderMap,
    (name, value): (&str, &str),
    (life, readable): (Duration, Readable),
) {
    let name = full_name(bank, name);
    let secure = if is_plain(bank) { "" } else { "; Secure" };
    let hidden = if readable == Readable::Never { "; HttpOnly" } else { "" };
    let seconds = life.num_seconds().max(0);
    let line = format!("{name}={value}; Max-Age={seconds}; Path=/; SameSite=Lax{secure}{hidden}");
    if let Ok(line) = HeaderValue::try_from(line) {
        headers.append(header::SET_COOKIE, line);
    }
}

/// Adds a line that takes a cookie away.
pub fn clear(bank: &Bank, headers: &mut HeaderMap, name: &str) {
    set(bank, headers, (name, ""), (Duration::zero(), Readable::Never));
}

fn is_plain(bank: &Bank) -> bool {
    !bank.settings.is_production() && bank.settings.public_url.starts_with("http://")
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
