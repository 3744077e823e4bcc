//! The keys that sign and check checkpoints: Ed25519 (RFC 8032).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use kernel::Secret;
use thiserror::Error;

/// Signs checkpoints; made from the 32 bytes of `FLORIN_SIGNING_KEY`.
pub struct SigningKey(Ed25519KeyPair);

/// Checks checkpoints; shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerifyingKey([u8; 32]);

/// Says that a text or some bytes are not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected 32 bytes, as 64 hexadecimal digits")]
pub struct KeyError;

impl SigningKey {
    /// Makes the key from its seed.
    ///
    /// # Errors
    /// [`KeyError`] when the seed has not 32 bytes.
    pub fn from_seed(seed: &Secret<Vec<u8>>) -> Result<Self, KeyError> {
        let seed: &[u8; 32] = seed.expose().as_slice().try_into().map_err(|_| KeyError)?;
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(|_| KeyError)
    }

    /// Returns the key that checks its signatures; to be kept outside the database.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.public_key().as_ref().try_into().expect("a public key has 32 bytes"))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

/// Shows which key it is, never the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.verifying_key())
    }
}

impl VerifyingKey {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({self})")
    }
}

impl FromStr for VerifyingKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| KeyError)?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second test vector of RFC 8032, section 7.1.
    #[test]
    fn a_key_signs_as_the_standard_says() {
        let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        let bytes = hex::decode(seed).expect("hexadecimal");
        assert!(SigningKey::from_seed(&Secret::new(bytes[1..].to_vec())).is_err());
        let key = SigningKey::from_seed(&Secret::new(bytes)).expect("a key");
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        assert_eq!(key.verifying_key().to_string(), public);
        assert_eq!(format!("{key:?}"), format!("SigningKey({public})"));
        let signature = key.sign(&[0x72]);
        assert!(hex::encode(&signature).starts_with("92a009a9f0d4cab8720e820b5f642540"));
        let shown = format!("VerifyingKey({public})");
        let public: VerifyingKey = public.parse().expect("a public key");
        assert_eq!(format!("{public:?}"), shown);
        assert!(public.accepts(&[0x72], &signature));
        assert!(!public.accepts(&[0x73], &signature));
        assert_eq!("3d40".parse::<VerifyingKey>(), Err(KeyError));
    }
}
