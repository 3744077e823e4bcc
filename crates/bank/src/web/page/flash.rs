//! A message that is shown once, on the page after a form: a cookie for a minute, under our own seal.
//!
//! No personal data: the cookie stays in the browser until the next page.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use kernel::Secret;

use crate::Bank;
use crate::web::cookies::{self, Readable};

const COOKIE: &str = "florin_flash";
const PURPOSE: &str = "flash";

/// Reads the message of the form before, if it is ours.
pub(super) fn read(bank: &Bank, headers: &HeaderMap) -> Option<String> {
    let cookie = cookies::read(headers, &cookies::full_name(bank, COOKIE))?;
    let (text, seal) = cookie.split_once('.')?;
    let text = URL_SAFE_NO_PAD.decode(text).ok()?;
    let shown = Secret::new(seal.to_owned());
    let is_ours =
        bank.guard.tokens().macs(PURPOSE, &text).any(|mac| Secret::new(URL_SAFE_NO_PAD.encode(mac)) == shown);
    is_ours.then(|| String::from_utf8(text).ok())?
}

/// Leaves a message for the next page.
pub(super) fn leave(bank: &Bank, headers: &mut HeaderMap, text: &str) {
    let seal = URL_SAFE_NO_PAD.encode(bank.guard.tokens().mac(PURPOSE, text.as_bytes()));
    let value = format!("{}.{seal}", URL_SAFE_NO_PAD.encode(text));
    cookies::set(bank, headers, (COOKIE, &value), (Duration::minutes(1), Readable::Never));
}

/// Forgets the message: it is on the page.
pub(super) fn forget(bank: &Bank, headers: &mut HeaderMap) {
    cookies::clear(bank, headers, COOKIE);
}
