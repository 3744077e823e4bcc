//! The one program that the simulated service knows.

use kernel::Secret;
use serde::Deserialize;
use url::Url;

use crate::signature::PublicKey;

/// Describes the program: what its developer would have entered in the service's console.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    /// Its name.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret<String>,
    /// Where users may be sent back to; compared to the letter.
    pub redirect_uris: Vec<Url>,
    /// Where events go.
    pub webhook: Option<WebhookTarget>,
    /// The keys that may sign payments, by name.
    pub signing_keys: Vec<(String, PublicKey)>,
}

/// Says where events go and how they are signed.
#[derive(Clone, Debug)]
pub struct WebhookTarget {
    /// Where changes of accounts go.
    pub account_events: Option<Url>,
    /// Where events of payments go; always signed with `Tl-Signature`.
    pub payment_events: Option<Url>,
    /// How changes of accounts are signed.
    pub scheme: WebhookScheme,
}

/// Says how events are signed.
#[derive(Clone, Debug)]
pub enum WebhookScheme {
    /// By a hash with a shared secret over the body.
    Hmac {
        /// The secret.
        secret: Secret<Vec<u8>>,
        /// What the hash covers.
        form: HmacForm,
    },
    /// By a detached JWS with the simulator's own key.
    TlSignature,
}

/// Says what a hash covers, as in [`crate::signature::hmac::Form`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HmacForm {
    /// The body.
    #[default]
    Body,
    /// The time and the body.
    Timestamped,
}

impl RegisteredClient {
    /// Makes the usual program of a sandbox.
    pub fn sandbox_demo(redirect_uris: Vec<Url>) -> Self {
        Self {
            client_id: "sandbox-demo".to_owned(),
            client_secret: Secret::new("sandbox-demo-secret".to_owned()),
            redirect_uris,
            webhook: None,
            signing_keys: Vec::new(),
        }
    }
}
