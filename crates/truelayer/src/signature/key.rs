//! Keys on the curve P-521: our own to sign with, others' to check with.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use thiserror::Error;

use super::SignatureError;
use super::jws::{Detached, JwsHeader};
use super::payload::SignedRequest;

/// Bytes of a coordinate.
pub(super) const COORDINATE: usize = 66;
/// Everything before the point in the public key's structure (RFC 5480: id-ecPublicKey, secp521r1).
const SPKI_PREFIX: [u8; 25] = [
    0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
    0x81, 0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00,
];

/// Says that a text is no key of this kind; never repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a P-521 key in PEM")]
pub struct KeyError;

/// Holds another's key as an uncompressed point.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Puts a point together; coordinates may lack zeros in front, as some published keys do.
    pub(super) fn from_coordinates(x: &[u8], y: &[u8]) -> Option<Self> {
        let mut point = vec![0; 1 + 2 * COORDINATE];
        point[0] = 4;
        for (end, coordinate) in [(1 + COORDINATE, x), (1 + 2 * COORDINATE, y)] {
            let start = end.checked_sub(coordinate.len()).filter(|start| *start > end - COORDINATE - 1)?;
            point[start..end].copy_from_slice(coordinate);
        }
        Some(Self(point))
    }

    /// Reads a `PUBLIC KEY` in PEM.
    ///
    /// # Errors
    /// [`KeyError`] for anything but a public key on P-521.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError)?;
        let point = der.strip_prefix(&SPKI_PREFIX).ok_or(KeyError)?;
        let is_point = point.len() == 1 + 2 * COORDINATE && point[0] == 4;
        if is_point { Ok(Self(point.to_vec())) } else { Err(KeyError) }
    }

    /// Returns the coordinates x and y, for publishing.
    pub fn coordinates(&self) -> (&[u8], &[u8]) {
        self.0[1..].split_at(COORDINATE)
    }

    /// Checks a signature of the form r‖s.
    ///
    /// # Errors
    /// [`SignatureError::Mismatch`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let key = UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, &self.0);
        key.verify(message, signature).map_err(|_| SignatureError::Mismatch)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(P-521)")
    }
}

/// Holds our own key and its name at the service.
#[derive(Clone)]
pub struct SigningKey {
    key_id: String,
    pair: Arc<EcdsaKeyPair>,
}

impl SigningKey {
    /// Reads an `EC PRIVATE KEY` (RFC 5915) or a `PRIVATE KEY` (PKCS #8) in PEM.
    ///
    /// # Errors
    /// [`KeyError`] for anything but a private key on P-521.
    pub fn from_pem(key_id: String, pem: &str) -> Result<Self, KeyError> {
        let algorithm = &ECDSA_P521_SHA512_FIXED_SIGNING;
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError)?;
        let pair = match der {
            PrivateKeyDer::Sec1(der) => EcdsaKeyPair::from_private_key_der(algorithm, der.secret_sec1_der()),
            PrivateKeyDer::Pkcs8(der) => EcdsaKeyPair::from_pkcs8(algorithm, der.secret_pkcs8_der()),
            _ => return Err(KeyError),
        };
        Ok(Self { key_id, pair: Arc::new(pair.map_err(|_| KeyError)?) })
    }

    /// Makes a new key.
    ///
    /// # Errors
    /// [`KeyError`] when the system's generator fails.
    pub fn generate(key_id: String) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).map_err(|_| KeyError)?;
        Ok(Self { key_id, pair: Arc::new(pair) })
    }

    /// Returns the key's name.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Returns the half that others check with.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.pair.public_key().as_ref().to_vec())
    }

    /// Signs a request over the named headers, and returns the value of `Tl-Signature`.
    ///
    /// `jku` is where the receiver finds the key; absent in requests to the service, which knows it.
    ///
    /// # Errors
    /// [`SignatureError::Uncovered`] when a named header is not there exactly once.
    pub fn sign(
        &self,
        request: &SignedRequest<'_>,
        names: &[&str],
        jku: Option<&str>,
    ) -> Result<String, SignatureError> {
        let header = JwsHeader::new(&self.key_id, &names.join(","), jku);
        let message = request.message(request.path, names)?;
        let (encoded_header, input) = Detached::signing_input(&header, &message);
        let signature =
            self.pair.sign(&SystemRandom::new(), &input).map_err(|_| SignatureError::Malformed)?;
        Ok(Detached::assemble(&encoded_header, signature.as_ref()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
