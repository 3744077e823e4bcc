//! Signatures of requests and of webhooks.
//!
//! Two kinds, chosen by configuration and never by looking at what arrived, since senders of either kind use the same
//! header: [`hmac`], a hash with a shared secret over the raw body, and `Tl-Signature`, a detached JWS (RFC 7515
//! appendix F) by ES512 over method, path, chosen headers and the raw body. [`SigningKey`] makes the latter for
//! payments, [`WebhookVerifier`] checks it for webhooks, with keys from the one address that is allowed.

pub mod hmac;
mod jwks;
mod jws;
mod key;
mod payload;
mod webhook;

use thiserror::Error;

pub use jwks::{Jwks, JwksCache};
pub use jws::{Detached, JwsHeader};
pub use key::{KeyError, PublicKey, SigningKey};
pub use payload::SignedRequest;
pub use webhook::WebhookVerifier;

/// The header that carries a signature of either kind.
pub const SIGNATURE_HEADER: &str = "tl-signature";

/// Says why a signature is not believed; never repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// There is none, or more than one.
    #[error("the signature is missing")]
    Missing,
    /// It is not in the form of its kind.
    #[error("the signature is malformed")]
    Malformed,
    /// It names another algorithm than ES512, or demands extensions.
    #[error("the signature's algorithm is not allowed")]
    Algorithm,
    /// It is of another version of the scheme than 2.
    #[error("the signature's version is not supported")]
    Version,
    /// It points to keys at an address that is not allowed.
    #[error("the signature's keys are at a foreign address")]
    ForeignKeys,
    /// Its key is not among the published ones.
    #[error("the signature's key is unknown")]
    UnknownKey,
    /// The published keys could not be read: the one refusal that is not the sender's fault.
    #[error("the signature's keys could not be fetched")]
    KeysUnavailable,
    /// It leaves out a header that must be covered, or covers one that is not there.
    #[error("the signature does not cover what it must")]
    Uncovered,
    /// It is not the signature of this message.
    #[error("the signature does not match")]
    Mismatch,
    /// The message is too old, or from the future.
    #[error("the message is stale")]
    Stale,
}
