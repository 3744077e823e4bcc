//! HMAC-SHA256 over the raw body, in hex (RFC 2104, FIPS 198-1).
//!
//! A body-only signature can be replayed for as long as the secret lives: whoever accepts it must remember the events.
//! [`Form::Timestamped`] binds the time of sending into the hash and goes stale.

use aws_lc_rs::hmac;
use chrono::{DateTime, Duration};
use kernel::{Instant, Secret};

use super::SignatureError;

/// How far the sender's clock may be from ours.
const TOLERANCE: Duration = Duration::minutes(5);
/// Bytes of a hash.
const LENGTH: usize = 32;

/// Says what the hash covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The body; the header is the hash.
    Body,
    /// The time, a dot and the body; the header is `t=<seconds>,v1=<hash>`, several hashes while secrets change.
    Timestamped,
}

/// Checks one form with every secret that is still accepted.
#[derive(Clone, Debug)]
pub struct Verifier {
    secrets: Vec<Secret<Vec<u8>>>,
    form: Form,
}

impl Verifier {
    /// Takes the secrets; several while the sender changes from one to the next.
    pub const fn new(secrets: Vec<Secret<Vec<u8>>>, form: Form) -> Self {
        Self { secrets, form }
    }

    /// Checks a signature over the raw body.
    ///
    /// # Errors
    /// [`SignatureError::Malformed`] before anything is compared, then [`SignatureError::Mismatch`], then
    /// [`SignatureError::Stale`].
    pub fn verify(&self, signature: &str, body: &[u8], now: Instant) -> Result<(), SignatureError> {
        match self.form {
            Form::Body => self.matches(&[decode(signature)?], &[body]),
            Form::Timestamped => {
                let (seconds, hashes) = split(signature)?;
                self.matches(&hashes, &[seconds.as_bytes(), b".", body])?;
                let sent_at = seconds.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
                let sent_at = sent_at.ok_or(SignatureError::Malformed)?;
                let is_fresh = (now - sent_at).abs() <= TOLERANCE;
                if is_fresh { Ok(()) } else { Err(SignatureError::Stale) }
            }
        }
    }

    fn matches(&self, hashes: &[[u8; LENGTH]], parts: &[&[u8]]) -> Result<(), SignatureError> {
        let message = parts.concat();
        let keys = self.secrets.iter().map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.expose()));
        // Every pair is compared, in constant time each, so that the time tells nothing about which fits.
        let fits = keys.fold(false, |fits, key| {
            hashes.iter().fold(fits, |fits, hash| hmac::verify(&key, &message, hash).is_ok() | fits)
        });
        if fits { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

/// Signs a body, as a sender does.
pub fn sign(secret: &Secret<Vec<u8>>, form: Form, body: &[u8], at: Instant) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
    match form {
        Form::Body => hex::encode(hmac::sign(&key, body)),
        Form::Timestamped => {
            let seconds = at.timestamp().to_string();
            let message = [seconds.as_bytes(), b".", body].concat();
            format!("t={seconds},v1={}", hex::encode(hmac::sign(&key, &message)))
        }
    }
}

fn decode(text: &str) -> Result<[u8; LENGTH], SignatureError> {
    let bytes = hex::decode(text.trim()).map_err(|_| SignatureError::Malformed)?;
    bytes.try_into().map_err(|_| SignatureError::Malformed)
}

/// Splits `t=…,v1=…`; the time stays text, since the text is what was hashed.
fn split(signature: &str) -> Result<(&str, Vec<[u8; LENGTH]>), SignatureError> {
    let (mut seconds, mut hashes) = (None, Vec::new());
    for part in signature.split(',') {
        match part.trim().split_once('=') {
            Some(("t", text)) if seconds.is_none() => seconds = Some(text),
            Some(("v1", text)) => hashes.push(decode(text)?),
            _ => return Err(SignatureError::Malformed),
        }
    }
    let seconds = seconds.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    if hashes.is_empty() || hashes.len() > 4 {
        return Err(SignatureError::Malformed);
    }
    Ok((seconds.ok_or(SignatureError::Malformed)?, hashes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"type":"consent.revoked"}"#;

    fn secret(text: &str) -> Secret<Vec<u8>> {
        Secret::new(text.as_bytes().to_vec())
    }

    fn now() -> Instant {
        "2026-11-19T09:30:00Z".parse().expect("an instant")
    }

    #[test]
    fn the_examples_of_rfc_4231_hold() {
        for (key, body, expected) in [
            (vec![0x0b; 20], "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ] {
            let key = Secret::new(key);
            assert_eq!(sign(&key, Form::Body, body.as_bytes(), now()), expected);
            let verifier = Verifier::new(vec![key], Form::Body);
            assert_eq!(verifier.verify(expected, body.as_bytes(), now()), Ok(()));
            assert_eq!(verifier.verify(&expected.to_uppercase(), body.as_bytes(), now()), Ok(()));
        }
    }

    #[test]
    fn signatures_of_the_wrong_shape_are_refused_before_they_are_compared() {
        let verifier = Verifier::new(vec![secret("s")], Form::Body);
        let good = sign(&secret("s"), Form::Body, BODY, now());
        for bad in
            ["", "zz", &good[2..], &format!("{good}00"), &good.replace('a', "g"), &format!("sha256={good}")]
        {
            assert_eq!(verifier.verify(bad, BODY, now()), Err(SignatureError::Malformed), "{bad}");
        }
        assert_eq!(verifier.verify(&good, b"{}", now()), Err(SignatureError::Mismatch));
        let nobody = Verifier::new(Vec::new(), Form::Body);
        assert_eq!(nobody.verify(&good, BODY, now()), Err(SignatureError::Mismatch), "no secret, no belief");
    }

    #[test]
    fn both_secrets_count_while_one_replaces_the_other() {
        let verifier = Verifier::new(vec![secret("new"), secret("old")], Form::Body);
        for sender in ["new", "old"] {
            let signature = sign(&secret(sender), Form::Body, BODY, now());
            assert_eq!(verifier.verify(&signature, BODY, now()), Ok(()), "{sender}");
        }
        let signature = sign(&secret("older"), Form::Body, BODY, now());
        assert_eq!(verifier.verify(&signature, BODY, now()), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_time_that_is_hashed_in_goes_stale_and_cannot_be_changed() {
        let verifier = Verifier::new(vec![secret("s")], Form::Timestamped);
        let signature = sign(&secret("s"), Form::Timestamped, BODY, now());
        for (seconds, expected) in [
            (0, Ok(())),
            (300, Ok(())),
            (-300, Ok(())),
            (301, Err(SignatureError::Stale)),
            (-301, Err(SignatureError::Stale)),
        ] {
            assert_eq!(verifier.verify(&signature, BODY, now() + Duration::seconds(seconds)), expected);
        }
        let later = now() + Duration::hours(1);
        let moved = signature.replace(&now().timestamp().to_string(), &later.timestamp().to_string());
        assert_eq!(verifier.verify(&moved, BODY, later), Err(SignatureError::Mismatch));
        let body_only = sign(&secret("s"), Form::Body, BODY, now());
        for bad in
            [body_only.as_str(), "t=1", "t=,v1=00", "t=-1,v1=00", &format!("{signature},t=1"), "t=1;v1=2"]
        {
            assert_eq!(verifier.verify(bad, BODY, now()), Err(SignatureError::Malformed), "{bad}");
        }
    }
}
