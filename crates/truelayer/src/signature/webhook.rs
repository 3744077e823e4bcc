//! Webhooks signed with `Tl-Signature`.

use chrono::Duration;
use http::HeaderMap;
use kernel::Clock;

use super::jwks::JwksCache;
use super::jws::Detached;
use super::payload::SignedRequest;
use super::{SIGNATURE_HEADER, SignatureError};
use crate::timestamp::Timestamp;

/// Carries the time of sending; every webhook must have it covered, or it could be replayed for ever.
const TIMESTAMP_HEADER: &str = "x-tl-webhook-timestamp";
/// How far the service's clock may be ahead of ours.
const AHEAD: Duration = Duration::minutes(5);
/// For how long the service tries to deliver.
const USUAL_AGE: Duration = Duration::hours(72);

/// Believes webhooks whose keys are published at one address.
#[derive(Clone, Debug)]
pub struct WebhookVerifier {
    keys: JwksCache,
    clock: Clock,
    oldest: Duration,
}

impl WebhookVerifier {
    /// Takes keys from the cache's address and from nowhere else; messages may be as old as the service retries.
    pub const fn new(keys: JwksCache, clock: Clock) -> Self {
        Self { keys, clock, oldest: USUAL_AGE }
    }

    /// Accepts messages up to this age.
    pub const fn with_oldest(mut self, oldest: Duration) -> Self {
        self.oldest = oldest;
        self
    }

    /// Checks a webhook: form, address of the keys, key, signature, age, in this order.
    ///
    /// # Errors
    /// The variants of [`SignatureError`]; [`SignatureError::KeysUnavailable`] asks the sender to try again.
    pub async fn verify(&self, request: &SignedRequest<'_>) -> Result<(), SignatureError> {
        let signature = Detached::parse(only(request.headers)?)?;
        // Compared byte by byte before anything is fetched: the address is the sender's word.
        if signature.header().jku.as_deref() != Some(self.keys.address().as_str()) {
            return Err(SignatureError::ForeignKeys);
        }
        let key = self.keys.find(&signature.header().kid).await?;
        signature.verify(&key, request, &[TIMESTAMP_HEADER])?;
        self.judge_age(request.headers)
    }

    fn judge_age(&self, headers: &HeaderMap) -> Result<(), SignatureError> {
        let sent = headers.get(TIMESTAMP_HEADER).and_then(|value| value.to_str().ok());
        let sent: Timestamp = sent.and_then(|text| text.parse().ok()).ok_or(SignatureError::Malformed)?;
        let age = self.clock.now() - sent.at;
        if age > self.oldest || age < -AHEAD { Err(SignatureError::Stale) } else { Ok(()) }
    }
}

/// Returns the signature if there is exactly one.
fn only(headers: &HeaderMap) -> Result<&str, SignatureError> {
    let mut values = headers.get_all(SIGNATURE_HEADER).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(SignatureError::Missing) };
    value.to_str().map_err(|_| SignatureError::Malformed)
}
