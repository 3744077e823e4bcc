//! Reading who knocks from a request.

use aws_lc_rs::digest;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use kernel::RequestId;

use crate::Bank;
use crate::identity::model::Visitor;
use crate::web::{ClientAddress, Problem};

const LONGEST_DEVICE: usize = 120;

impl FromRequestParts<Bank> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, bank: &Bank) -> Result<Self, Problem> {
        Ok(read(bank, &parts.extensions, &parts.headers))
    }
}

/// Reads what is known about a request before anybody is known behind it.
pub(super) fn read(bank: &Bank, extensions: &Extensions, headers: &HeaderMap) -> Visitor {
    let agent = headers.get(header::USER_AGENT).map_or(&[][..], |agent| agent.as_bytes());
    Visitor {
        request_id: extensions
            .get::<RequestId>()
            .copied()
            .unwrap_or_else(|| RequestId::generate(bank.now(), &bank.random)),
        address: extensions.get::<ClientAddress>().map(|ClientAddress(address)| *address),
        device: label(agent),
        device_hash: digest::digest(&digest::SHA256, agent).as_ref().to_vec(),
    }
}

/// Shortens what the client calls itself to what the list of sessions shows.
fn label(agent: &[u8]) -> String {
    let text = String::from_utf8_lossy(agent);
    let label: String = text.chars().filter(|letter| !letter.is_control()).take(LONGEST_DEVICE).collect();
    if label.is_empty() { "unknown".to_owned() } else { label }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_in_one_short_line() {
        assert_eq!(label(b"curl/8.5"), "curl/8.5");
        assert_eq!(label(b""), "unknown");
        assert_eq!(label(b"a\x1b[31m\nb"), "a[31mb");
        assert_eq!(label(&[b'x'; 500]).len(), LONGEST_DEVICE);
    }
}
