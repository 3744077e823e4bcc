//! The detached JWS of `Tl-Signature` (RFC 7515 appendix F).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::SignatureError;
use super::key::{COORDINATE, PublicKey};
use super::payload::SignedRequest;

/// Longer headers are nobody's.
const LONGEST_HEADER: usize = 4096;
/// More headers are covered by nobody.
const MOST_NAMES: usize = 16;

/// Holds what a signature says about itself. A name that occurs twice is refused by the parser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwsHeader {
    alg: String,
    /// The key's name.
    pub kid: String,
    tl_version: String,
    #[serde(default)]
    tl_headers: String,
    /// Where the key is published; in webhooks only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jku: Option<String>,
    /// Extensions that must be understood (RFC 7515 §4.1.11); we understand none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<serde_json::Value>,
    /// An unencoded payload (RFC 7797) would change what is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    b64: Option<serde_json::Value>,
}

/// Holds a signature that is well formed and of the allowed kind; nothing is believed yet.
#[derive(Clone, Debug)]
pub struct Detached {
    header: JwsHeader,
    encoded_header: String,
    signature: Vec<u8>,
}

impl JwsHeader {
    pub(super) fn new(key_id: &str, names: &str, jku: Option<&str>) -> Self {
        Self {
            alg: "ES512".to_owned(),
            kid: key_id.to_owned(),
            tl_version: "2".to_owned(),
            tl_headers: names.to_owned(),
            jku: jku.map(str::to_owned),
            crit: None,
            b64: None,
        }
    }

    /// Lists the covered headers in the order and the case in which they are signed.
    pub fn covered(&self) -> Vec<&str> {
        self.tl_headers.split(',').map(str::trim).filter(|name| !name.is_empty()).collect()
    }

    /// Says whether a header is covered, whatever its case.
    pub fn covers(&self, name: &str) -> bool {
        self.covered().iter().any(|covered| covered.eq_ignore_ascii_case(name))
    }

    fn judge(&self) -> Result<(), SignatureError> {
        if self.alg != "ES512" || self.crit.is_some() || self.b64.is_some() {
            return Err(SignatureError::Algorithm);
        }
        if self.tl_version != "2" {
            return Err(SignatureError::Version);
        }
        let names = self.covered();
        let is_twice =
            |(at, name): (usize, &&str)| names[..at].iter().any(|other| other.eq_ignore_ascii_case(name));
        if names.len() > MOST_NAMES || names.iter().enumerate().any(is_twice) {
            return Err(SignatureError::Malformed);
        }
        Ok(())
    }
}

impl Detached {
    /// Reads the header's value.
    ///
    /// # Errors
    /// [`SignatureError::Malformed`] for anything but `header..signature` in base64url without padding; then
    /// [`SignatureError::Algorithm`] and [`SignatureError::Version`].
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let mut parts = text.split('.');
        let (Some(encoded_header), Some(""), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SignatureError::Malformed);
        };
        if encoded_header.len() > LONGEST_HEADER {
            return Err(SignatureError::Malformed);
        }
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| SignatureError::Malformed);
        let header: JwsHeader =
            serde_json::from_slice(&decode(encoded_header)?).map_err(|_| SignatureError::Malformed)?;
        let signature = decode(signature)?;
        header.judge()?;
        if signature.len() != 2 * COORDINATE {
            return Err(SignatureError::Malformed);
        }
        Ok(Self { header, encoded_header: encoded_header.to_owned(), signature })
    }

    /// Returns what the signature says about itself; only after [`Detached::verify`] is it true.
    pub const fn header(&self) -> &JwsHeader {
        &self.header
    }

    /// Checks the signature over a request; `required` are headers that it must cover.
    ///
    /// # Errors
    /// [`SignatureError::Uncovered`], then [`SignatureError::Mismatch`].
    pub fn verify(
        &self,
        key: &PublicKey,
        request: &SignedRequest<'_>,
        required: &[&str],
    ) -> Result<(), SignatureError> {
        if !required.iter().all(|name| self.header.covers(name)) {
            return Err(SignatureError::Uncovered);
        }
        let names = self.header.covered();
        for path in request.paths() {
            let input = input(&self.encoded_header, &request.message(&path, &names)?);
            if key.verify(&input, &self.signature).is_ok() {
                return Ok(());
            }
        }
        Err(SignatureError::Mismatch)
    }

    /// Returns the encoded header, and what has to be signed.
    pub(super) fn signing_input(header: &JwsHeader, message: &[u8]) -> (String, Vec<u8>) {
        let encoded = URL_SAFE_NO_PAD.encode(serde_json::to_vec(header).expect("texts make JSON"));
        let input = input(&encoded, message);
        (encoded, input)
    }

    /// Writes the header's value, without the payload.
    pub(super) fn assemble(encoded_header: &str, signature: &[u8]) -> String {
        format!("{encoded_header}..{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn input(encoded_header: &str, message: &[u8]) -> Vec<u8> {
    format!("{encoded_header}.{}", URL_SAFE_NO_PAD.encode(message)).into_bytes()
}
