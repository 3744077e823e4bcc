//! Proof Key for Code Exchange, method S256 (RFC 7636).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{Random, Secret};
use thiserror::Error;

/// Holds the secret of one link; the exchange of its code needs it (RFC 7636 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeVerifier(Secret<String>);

/// Holds what the link shows of the verifier: its SHA-256 (RFC 7636 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

/// Says that a text is no verifier: 43 to 128 letters, digits, `-`, `.`, `_` and `~`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a code verifier")]
pub struct CodeVerifierError;

impl CodeVerifier {
    /// Draws 32 bytes, which make 43 characters.
    pub fn generate(random: &Random) -> Self {
        Self(Secret::new(URL_SAFE_NO_PAD.encode(random.bytes::<32>())))
    }

    /// Takes back what was stored.
    ///
    /// # Errors
    /// When the text cannot be a verifier.
    pub fn from_stored(text: String) -> Result<Self, CodeVerifierError> {
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let is_fine = (43..=128).contains(&text.len()) && text.bytes().all(is_unreserved);
        if is_fine { Ok(Self(Secret::new(text))) } else { Err(CodeVerifierError) }
    }

    /// Computes the challenge.
    pub fn challenge(&self) -> CodeChallenge {
        let hash = digest::digest(&digest::SHA256, self.0.expose().as_bytes());
        CodeChallenge(URL_SAFE_NO_PAD.encode(hash.as_ref()))
    }

    /// Lends the text, to be sealed or sent.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl CodeChallenge {
    /// Returns the text that goes into the link.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_holds() {
        // RFC 7636, appendix B.
        let verifier = CodeVerifier::from_stored("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        let challenge = verifier.expect("a verifier").challenge();
        assert_eq!(challenge.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn the_bytes_of_the_standards_example_make_its_verifier() {
        let bytes = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105,
            214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        assert_eq!(URL_SAFE_NO_PAD.encode(bytes), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }

    #[test]
    fn verifiers_are_long_fresh_and_hidden() {
        let random = Random::seeded(1);
        let (first, second) = (CodeVerifier::generate(&random), CodeVerifier::generate(&random));
        assert_ne!(first, second);
        assert_eq!(first.expose().len(), 43);
        assert!(!format!("{first:?}").contains(first.expose()));
        assert_eq!(CodeVerifier::from_stored(first.expose().to_owned()), Ok(first));
    }

    #[test]
    fn what_cannot_be_a_verifier_is_refused() {
        for text in ["", &"a".repeat(42), &"a".repeat(129), &format!("{}+", "a".repeat(43))] {
            assert_eq!(CodeVerifier::from_stored((*text).to_owned()), Err(CodeVerifierError), "{text}");
        }
    }
}
