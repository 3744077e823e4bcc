//! Access tokens: bytes of a stranger, and header and claims of somebody who has the secret and means ill.
//!
//! Up to the first zero byte the input is a header, then claims: both are signed, so that what comes after the signature is
//! reached too. The same bytes are also tried as a whole token, which must never be good.
#![no_main]

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use bank::guard::{Audience, Life, TokenRing};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use kernel::{Instant, Random, Secret, SessionId, UserId};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "a secret of at least 32 bytes, for the fuzzer only";
static RING: LazyLock<TokenRing> = LazyLock::new(|| {
    TokenRing::new(&[Secret::new(SECRET.to_owned())], "https://bank.example").expect("one secret")
});
static NOW: LazyLock<Instant> = LazyLock::new(|| "2026-03-02T09:00:00Z".parse().expect("an instant"));

/// A good token, which shows the header that is the only right one.
static GOOD: LazyLock<String> = LazyLock::new(|| {
    let random = Random::seeded(1);
    let (user, session) = (UserId::generate(*NOW, &random), SessionId::generate(*NOW, &random));
    let life = Life { from: *NOW, span: Duration::minutes(10), random: &random };
    RING.access(user, session, life).expose().clone()
});

fuzz_target!(|input: &[u8]| {
    assert!(RING.verify(Audience::Api, &GOOD, *NOW).is_some(), "the good token stands");
    if let Ok(text) = str::from_utf8(input) {
        assert!(text == *GOOD || RING.verify(Audience::Api, text, *NOW).is_none(), "a forged token is good");
    }
    let at = input.iter().position(|byte| *byte == 0).unwrap_or(input.len());
    let (header, claims) = (&input[..at], input.get(at + 1..).unwrap_or_default());
    let usual = usual_header();
    check(&usual, claims, true);
    check(header, claims, header == usual);
});

/// Signs and verifies; whatever passes is for the API, of our issuer and alive.
fn check(header: &[u8], claims: &[u8], is_usual: bool) {
    let body = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body.as_bytes());
    let token = format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature));
    if RING.verify(Audience::Api, &token, *NOW).is_none() {
        return;
    }
    assert!(is_usual || value(header) == value(&usual_header()), "another header passed");
    let claims = value(claims);
    assert_eq!(claims["iss"], "https://bank.example");
    assert_eq!(claims["aud"], "florin-api");
    assert!(claims["exp"].as_i64().expect("a number") > NOW.timestamp());
}

/// The header of the good token.
fn usual_header() -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(GOOD.split('.').next().unwrap_or_default()).expect("our own header")
}

fn value(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).expect("JSON")
}
