//! Published keys, fetched from the one address that is allowed and kept for as long as it says.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use kernel::{Clock, Instant};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::{PublicKey, SignatureError};
use crate::client::header;

/// An unknown key is looked for again after this long, however many signatures name one.
const PAUSE: Duration = Duration::minutes(1);
/// How long keys are kept when the answer does not say.
const USUAL_LIFE: Duration = Duration::hours(1);
/// However long the answer says.
const LONGEST_LIFE: Duration = Duration::hours(24);
/// A list of keys is short.
const LONGEST_ANSWER: usize = 1 << 20;
/// How long the address may take.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// Holds the usable keys of a published list by name; those of other kinds are left out.
#[derive(Clone, Debug, Default)]
pub struct Jwks(BTreeMap<String, PublicKey>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    kid: String,
    x: String,
    y: String,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    r#use: Option<String>,
}

impl Jwks {
    /// Reads a list (RFC 7517 §5): keys on P-521 for signatures; others are not for us.
    ///
    /// # Errors
    /// [`SignatureError::KeysUnavailable`] for what is no list of keys.
    pub fn parse(json: &[u8]) -> Result<Self, SignatureError> {
        let document: Document = serde_json::from_slice(json).map_err(|_| SignatureError::KeysUnavailable)?;
        Ok(Self(document.keys.into_iter().filter_map(usable).collect()))
    }

    /// Finds a key by its name.
    pub fn find(&self, kid: &str) -> Option<&PublicKey> {
        self.0.get(kid)
    }
}

fn usable(key: serde_json::Value) -> Option<(String, PublicKey)> {
    let jwk: Jwk = serde_json::from_value(key).ok()?;
    let is_ours = jwk.kty == "EC"
        && jwk.crv == "P-521"
        && jwk.alg.is_none_or(|alg| alg == "ES512")
        && jwk.r#use.is_none_or(|purpose| purpose == "sig");
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    is_ours
        .then(|| Some((jwk.kid, PublicKey::from_coordinates(&decode(&jwk.x)?, &decode(&jwk.y)?)?)))
        .flatten()
}

/// Keeps the published keys of one address.
#[derive(Clone, Debug)]
pub struct JwksCache {
    http: reqwest::Client,
    address: Url,
    clock: Clock,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    keys: Jwks,
    fresh_until: Option<Instant>,
    asked_at: Option<Instant>,
}

impl JwksCache {
    /// Keeps nothing yet.
    pub fn new(http: reqwest::Client, address: Url, clock: Clock) -> Self {
        Self { http, address, clock, kept: Arc::default() }
    }

    /// Returns the address whose keys these are.
    pub const fn address(&self) -> &Url {
        &self.address
    }

    /// Finds a key, and fetches the list when it is old or lacks the name; at most once a minute.
    ///
    /// Stale keys are used while the address does not answer: keys are withdrawn rarely, and webhooks must go on.
    ///
    /// # Errors
    /// [`SignatureError::UnknownKey`], or [`SignatureError::KeysUnavailable`] while nothing was ever fetched.
    pub async fn find(&self, kid: &str) -> Result<PublicKey, SignatureError> {
        // Held across the fetch: many webhooks at once are one request.
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        let is_fresh = kept.fresh_until.is_some_and(|until| now < until);
        if is_fresh && let Some(key) = kept.keys.find(kid) {
            return Ok(key.clone());
        }
        let may_ask = kept.asked_at.is_none_or(|at| now >= at + PAUSE || now < at);
        if may_ask {
            kept.asked_at = Some(now);
            match self.fetch().await {
                Ok((keys, life)) => {
                    kept.keys = keys;
                    kept.fresh_until = Some(now + life);
                }
                Err(error) => {
                    tracing::warn!(address = %self.address, "webhook keys could not be fetched: {error}");
                }
            }
        }
        let is_empty = kept.fresh_until.is_none();
        let missing = if is_empty { SignatureError::KeysUnavailable } else { SignatureError::UnknownKey };
        kept.keys.find(kid).cloned().ok_or(missing)
    }

    async fn fetch(&self) -> Result<(Jwks, Duration), crate::Error> {
        let unreadable = || crate::Error::Unreadable { what: "jwks", correlation_id: None };
        let mut response =
            self.http.get(self.address.clone()).timeout(TIMEOUT).send().await?.error_for_status()?;
        let cache_control = header(response.headers(), "cache-control");
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(unreadable());
            }
            body.extend_from_slice(&chunk);
        }
        let keys = Jwks::parse(&body).map_err(|_| unreadable())?;
        let life = cache_control.as_deref().and_then(crate::client::max_age);
        let life = life.and_then(|life| Duration::from_std(life).ok()).unwrap_or(USUAL_LIFE);
        Ok((keys, life.clamp(PAUSE, LONGEST_LIFE)))
    }
}
