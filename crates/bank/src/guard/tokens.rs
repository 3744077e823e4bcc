//! Access tokens: JSON Web Tokens that this program signs and verifies itself.
//!
//! HS256 only (RFC 8725 §3.1), under a ring of secrets: the first signs, all verify until their tokens have
//! died. A token's header must be exactly the one we write: nothing in it chooses an algorithm, carries a key
//! or points at one. Times are judged by the bank's clock. A token that comes again is known by its digest; only its times
//! are judged anew.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use kernel::{Instant, Random, Secret, SessionId, UserId};
use serde::{Deserialize, Serialize};

use crate::sealing::fingerprint;

/// A longer token is refused unread.
const LONGEST: usize = 8 * 1024;
/// How far the clocks of two nodes may be apart.
const SKEW: Duration = Duration::seconds(5);

/// Says what a token is for; a token for one purpose is refused for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Calls the API.
    Api,
    /// Opens the console's pages.
    Console,
    /// Goes on to the second step of a sign-in.
    SecondStep,
}

/// Holds what a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    iss: String,
    aud: String,
    /// The user.
    pub sub: UserId,
    /// The session, in a token that calls the API or opens the console.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sid: Option<SessionId>,
    /// The user's stamp, in a token for the second step.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stamp: Option<i64>,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Signs and verifies tokens.
pub struct TokenRing {
    issuer: String,
    keys: Vec<TokenKey>,
    /// What the claims of each audience have to hold.
    rules: [Validation; Audience::COUNT],
    known: Known,
}

/// How many tokens are remembered.
const KNOWN: usize = 4096;

/// Remembers what verified tokens say, each at the place that its digest names; who comes to a taken one takes it over.
struct Known(Box<[Mutex<Option<KnownToken>>]>);

struct KnownToken {
    digest: [u8; 32],
    claims: Arc<Claims>,
}

struct TokenKey {
    id: String,
    sign: EncodingKey,
    verify: DecodingKey,
    mac: hmac::Key,
    /// How the tokens of each audience begin: their header, in base 64.
    beginnings: [String; Audience::COUNT],
}

impl Audience {
    const COUNT: usize = 3;
    const ALL: [Self; Self::COUNT] = [Self::Api, Self::Console, Self::SecondStep];

    const fn name(self) -> &'static str {
        match self {
            Self::Api => "florin-api",
            Self::Console => "florin-console",
            Self::SecondStep => "florin-second-step",
        }
    }

    /// The type in the header (RFC 8725 §3.11).
    const fn header_type(self) -> &'static str {
        match self {
            Self::Api => "at+jwt",
            Self::Console => "console+jwt",
            Self::SecondStep => "second-step+jwt",
        }
    }
}

impl TokenRing {
    /// Takes the operator's secrets, the signing one first; none makes no ring.
    pub fn new(secrets: &[Secret<String>], issuer: &str) -> Option<Self> {
        let keys: Vec<_> = secrets.iter().map(|secret| TokenKey::new(secret.expose().as_bytes())).collect();
        let rules = Audience::ALL.map(|audience| rules(audience, issuer));
        (!keys.is_empty()).then(|| Self { issuer: issuer.to_owned(), keys, rules, known: Known::default() })
    }

    /// Signs a token for a session of a user.
    pub fn access(&self, user_id: UserId, session_id: SessionId, life: Life<'_>) -> Secret<String> {
        self.issue(Audience::Api, user_id, (Some(session_id), None), life)
    }

    /// Signs a token that opens the console for a session of a member of staff.
    pub fn console(&self, user_id: UserId, session_id: SessionId, life: Life<'_>) -> Secret<String> {
        self.issue(Audience::Console, user_id, (Some(session_id), None), life)
    }

    /// Signs a token that goes on to the second step, good while the user's stamp stands.
    pub fn second_step(&self, user_id: UserId, stamp: i64, life: Life<'_>) -> Secret<String> {
        self.issue(Audience::SecondStep, user_id, (None, Some(stamp)), life)
    }

    fn issue(
        &self,
        audience: Audience,
        user_id: UserId,
        (sid, stamp): (Option<SessionId>, Option<i64>),
        life: Life<'_>,
    ) -> Secret<String> {
        let key = &self.keys[0];
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: audience.name().to_owned(),
            sub: user_id,
            sid,
            stamp,
            jti: URL_SAFE_NO_PAD.encode(life.random.bytes::<16>()),
            iat: life.from.timestamp(),
            nbf: life.from.timestamp(),
            exp: (life.from + life.span).timestamp(),
        };
        let token = jsonwebtoken::encode(&header(audience, &key.id), &claims, &key.sign);
        Secret::new(token.expect("plain claims under a symmetric key"))
    }

    /// Returns what a token says if it is ours, for this purpose, and alive.
    pub fn verify(&self, audience: Audience, token: &str, now: Instant) -> Option<Arc<Claims>> {
        if token.len() > LONGEST {
            return None;
        }
        let (beginning, _) = token.split_once('.')?;
        let place = audience as usize;
        let key = self.keys.iter().find(|key| key.beginnings[place] == beginning)?;
        // The header, which names the audience, is part of what is digested.
        let claims = self.known.get_or_read(token, || {
            Some(jsonwebtoken::decode::<Claims>(token, &key.verify, &self.rules[place]).ok()?.claims)
        })?;
        let instant = |seconds| DateTime::from_timestamp(seconds, 0);
        let begun = instant(claims.nbf)? <= now + SKEW && instant(claims.iat)? <= now + SKEW;
        (begun && instant(claims.exp)? > now).then_some(claims)
    }

    /// Authenticates a value for one purpose under the signing secret.
    pub fn mac(&self, purpose: &str, value: &[u8]) -> [u8; 32] {
        fingerprint(&self.keys[0].mac, purpose, value)
    }

    /// Authenticates a value for one purpose under each secret of the ring.
    pub fn macs(&self, purpose: &str, value: &[u8]) -> impl Iterator<Item = [u8; 32]> {
        self.keys.iter().map(move |key| fingerprint(&key.mac, purpose, value))
    }
}

impl Default for Known {
    fn default() -> Self {
        Self((0..KNOWN).map(|_| Mutex::default()).collect())
    }
}

impl Known {
    /// Returns what a token says that was verified before, or what `read` says now; its refusals are not remembered.
    fn get_or_read(&self, token: &str, read: impl FnOnce() -> Option<Claims>) -> Option<Arc<Claims>> {
        let digest: [u8; 32] = digest::digest(&digest::SHA256, token.as_bytes()).as_ref().try_into().ok()?;
        let place = usize::from(u16::from_be_bytes([digest[0], digest[1]])) % KNOWN;
        let lock = || self.0[place].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*lock()
            && known.digest == digest
        {
            return Some(Arc::clone(&known.claims));
        }
        let claims = Arc::new(read()?);
        *lock() = Some(KnownToken { digest, claims: Arc::clone(&claims) });
        Some(claims)
    }
}

impl std::fmt::Debug for TokenRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

/// Says from when on and how long a token lives, and where its id comes from.
#[derive(Clone, Copy, Debug)]
pub struct Life<'a> {
    /// From when on.
    pub from: Instant,
    /// How long.
    pub span: Duration,
    /// Where the token's id comes from.
    pub random: &'a Random,
}

impl TokenKey {
    fn new(secret: &[u8]) -> Self {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"florin session secrets");
        let id = hex::encode(&digest::digest(&digest::SHA256, secret).as_ref()[..4]);
        Self {
            beginnings: Audience::ALL.map(|audience| beginning(&header(audience, &id))),
            id,
            sign: EncodingKey::from_secret(secret),
            verify: DecodingKey::from_secret(secret),
            mac: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
        }
    }
}

fn header(audience: Audience, key_id: &str) -> Header {
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(audience.header_type().to_owned());
    header.kid = Some(key_id.to_owned());
    header
}

fn beginning(header: &Header) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_string(header).expect("plain text"))
}

fn rules(audience: Audience, issuer: &str) -> Validation {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    rules.set_audience(&[audience.name()]);
    rules.set_issuer(&[issuer]);
    // Expiry is judged by the bank's clock.
    rules.validate_exp = false;
    rules
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "a secret of at least 32 bytes, for tests only";

    fn ring() -> TokenRing {
        TokenRing::new(&[Secret::new(SECRET.to_owned())], "https://bank.example.com").expect("a ring")
    }

    fn now() -> Instant {
        "2026-03-02T09:00:00Z".parse().expect("an instant")
    }

    /// Signs any header and claims with the ring's own secret: what only a mistake of ours could sign.
    fn signed(header: &Value, claims: &Value) -> String {
        let ours = self::header(Audience::Api, &ring().keys[0].id);
        // As the program spells it, where it says the same.
        let is_ours = *header == serde_json::to_value(&ours).expect("a header");
        let beginning = if is_ours { beginning(&ours) } else { URL_SAFE_NO_PAD.encode(header.to_string()) };
        let body = format!("{beginning}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body.as_bytes());
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
    }

    fn usual() -> (Value, Value) {
        let header = json!({ "typ": "at+jwt", "alg": "HS256", "kid": ring().keys[0].id });
        let from = now().timestamp();
        let claims = json!({
            "iss": "https://bank.example.com", "aud": "florin-api", "jti": "x",
            "sub": "usr_00000000000000000000000001", "sid": "ses_00000000000000000000000001",
            "iat": from, "nbf": from, "exp": from + 600,
        });
        (header, claims)
    }

    #[test]
    fn a_token_lives_from_its_beginning_to_its_end() {
        let (header, claims) = usual();
        let token = signed(&header, &claims);
        // The second time each is known, and yet judged by the clock.
        let known = ring();
        for (seconds, lives) in [(-6, false), (-5, true), (0, true), (599, true), (600, false)].repeat(2) {
            let at = now() + Duration::seconds(seconds);
            assert_eq!(ring().verify(Audience::Api, &token, at).is_some(), lives, "{seconds}");
            assert_eq!(known.verify(Audience::Api, &token, at).is_some(), lives, "{seconds}, known");
        }
        assert!(known.verify(Audience::SecondStep, &token, now()).is_none());
        assert!(known.verify(Audience::Console, &token, now()).is_none());
    }

    #[test]
    fn a_ring_shows_the_ids_of_its_keys_and_nothing_else() {
        let ring = ring();
        assert_eq!(format!("{ring:?}"), format!("[{:?}]", ring.keys[0].id));
    }

    #[test]
    fn a_token_may_have_8_kib_and_no_byte_more() {
        let (header, mut claims) = usual();
        let mut of = |id: usize| {
            claims["jti"] = json!("x".repeat(id));
            signed(&header, &claims)
        };
        let most =
            (0..LONGEST * 3 / 4).rev().find(|id| of(*id).len() <= LONGEST).expect("a length that fits");
        let (fits, longer) = (of(most), of(most + 1));
        // Four characters stand for three bytes: no token is one byte longer.
        assert_eq!((fits.len(), longer.len()), (LONGEST, LONGEST + 2));
        assert!(ring().verify(Audience::Api, &fits, now()).is_some());
        assert!(ring().verify(Audience::Api, &longer, now()).is_none());
    }

    #[test]
    fn a_known_token_makes_no_other_good_not_even_one_that_differs_in_its_signature_alone() {
        let (header, claims) = usual();
        let (ring, token) = (ring(), signed(&header, &claims));
        assert_eq!(ring.verify(Audience::Api, &token, now()), ring.verify(Audience::Api, &token, now()));
        let (body, tag) = token.rsplit_once('.').expect("three parts");
        let other = URL_SAFE_NO_PAD.encode([7; 32]);
        for forged in
            [format!("{body}.{other}"), format!("{body}."), format!("{body}.{tag}="), body.to_owned()]
        {
            assert!(ring.verify(Audience::Api, &forged, now()).is_none(), "{forged}");
            assert!(ring.verify(Audience::Api, &forged, now()).is_none(), "{forged}, again");
        }
    }

    #[test]
    fn even_rightly_signed_only_the_header_and_the_claims_that_we_write_count() {
        let jwk = json!({ "kty": "oct", "k": "AAAA", "alg": "HS256" });
        for (name, value) in [
            ("jwk", jwk),
            ("jku", json!("https://example.com/keys")),
            ("x5u", json!("https://example.com/cert")),
            ("x5c", json!(["AAAA"])),
            ("crit", json!(["exp"])),
            ("cty", json!("JWT")),
            ("more", json!(1)),
            ("typ", json!("JWT")),
            ("alg", json!("HS384")),
            ("kid", json!("00000000")),
            ("typ", json!("console+jwt")),
        ] {
            let (mut header, claims) = usual();
            header[name] = value;
            assert!(ring().verify(Audience::Api, &signed(&header, &claims), now()).is_none(), "{name}");
        }
        for (name, value) in [
            ("iss", json!("https://elsewhere.example.com")),
            ("aud", json!("florin-second-step")),
            ("aud", json!(["florin-api", "other"])),
            ("sub", json!("acc_00000000000000000000000001")),
            ("iat", json!(now().timestamp() + 60)),
            ("nbf", json!(now().timestamp() + 60)),
            ("exp", json!("never")),
            ("admin", json!(true)),
        ] {
            let (header, mut claims) = usual();
            claims[name] = value;
            assert!(ring().verify(Audience::Api, &signed(&header, &claims), now()).is_none(), "{name}");
        }
        for name in ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"] {
            let (header, mut claims) = usual();
            claims.as_object_mut().expect("an object").remove(name);
            assert!(
                ring().verify(Audience::Api, &signed(&header, &claims), now()).is_none(),
                "without {name}"
            );
        }
    }
}
