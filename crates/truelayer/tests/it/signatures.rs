//! `Tl-Signature` against the vendor's published vectors, and everything that must not be believed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use serde_json::{Value, json};
use truelayer::signature::{Detached, Jwks, PublicKey, SignatureError, SignedRequest, SigningKey};

use crate::oracle;

const KEY_ID: &str = "45fc75cf-5649-4134-84b3-192c2c78e990";
const PATH: &str = "/merchant_accounts/a61acaef-ee05-4077-92f3-25543a11bd8d/sweeping";
const BODY: &str = r#"{"currency":"GBP","max_amount_in_minor":5000000,"name":"Foo???"}"#;
const HOOK_BODY: &str = r#"{"event_type":"example","event_id":"18b2842b-a57b-4887-a0a6-d3c7c36f1020"}"#;

fn vector(name: &str) -> Option<String> {
    Some(oracle::read(&format!("signing-vectors/{name}"))?.trim().to_owned())
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
}

fn request_headers() -> HeaderMap {
    headers(&[("idempotency-key", "idemp-2076717c-9005-4811-a321-9e0787fa0382")])
}

fn hook_headers() -> HeaderMap {
    headers(&[("x-tl-webhook-timestamp", "2021-11-29T11:42:55Z"), ("content-type", "application/json")])
}

fn request(headers: &HeaderMap) -> SignedRequest<'_> {
    SignedRequest { method: "POST", path: PATH, headers, body: BODY.as_bytes() }
}

fn verify(signature: &str, key: &PublicKey, request: &SignedRequest<'_>) -> Result<(), SignatureError> {
    Detached::parse(signature)?.verify(key, request, &[])
}

#[test]
fn the_published_signatures_of_a_request_and_a_webhook_verify() {
    let (Some(signature), Some(hook)) = (vector("tl-signature.txt"), vector("webhook-signature.txt")) else {
        return;
    };
    let key = PublicKey::from_pem(&vector("ec512-public.pem").unwrap()).expect("a key");
    let keys = Jwks::parse(vector("jwks.json").unwrap().as_bytes()).expect("keys");
    assert_eq!(keys.find(KEY_ID), Some(&key), "the coordinate that lacks its zero is filled up");
    assert!(
        keys.find("db2e0bb4-e33d-4fc6-a8c5-645e70331127").is_none(),
        "the RSA key beside it is not for us"
    );
    assert_eq!(verify(&signature, &key, &request(&request_headers())), Ok(()));
    let headers = hook_headers();
    let webhook =
        SignedRequest { method: "post", path: "/tl-webhook", headers: &headers, body: HOOK_BODY.as_bytes() };
    assert_eq!(verify(&hook, &key, &webhook), Ok(()));
    let slashed = SignedRequest { path: "/tl-webhook/", ..webhook };
    assert_eq!(verify(&hook, &key, &slashed), Ok(()), "a slash that a proxy added is tolerated");
    let parsed = Detached::parse(&hook).expect("a signature");
    assert_eq!(parsed.header().jku.as_deref(), Some("https://webhooks.truelayer.com/.well-known/jwks"));
    assert!(parsed.header().covers("X-TL-WEBHOOK-TIMESTAMP"));
}

#[test]
fn any_other_method_path_header_or_body_is_another_message() {
    let Some(signature) = vector("tl-signature.txt") else { return };
    let key = PublicKey::from_pem(&vector("ec512-public.pem").unwrap()).expect("a key");
    let good = request_headers();
    let other = headers(&[("idempotency-key", "something-else")]);
    let (none, twice) = (HeaderMap::new(), {
        let mut twice = request_headers();
        twice.append("idempotency-key", "something-else".parse().unwrap());
        twice
    });
    for (changed, expected) in [
        (SignedRequest { method: "PUT", ..request(&good) }, SignatureError::Mismatch),
        (
            SignedRequest {
                path: "/merchant_accounts/67b5b1cf-1d0c-45d4-a2ea-61bdc044327c/sweeping",
                ..request(&good)
            },
            SignatureError::Mismatch,
        ),
        (SignedRequest { path: "", ..request(&good) }, SignatureError::Mismatch),
        (SignedRequest { body: b"{}", ..request(&good) }, SignatureError::Mismatch),
        (
            SignedRequest { body: &[BODY.as_bytes(), b"\n"].concat(), ..request(&good) },
            SignatureError::Mismatch,
        ),
        (request(&other), SignatureError::Mismatch),
        (request(&none), SignatureError::Uncovered),
        (request(&twice), SignatureError::Uncovered),
    ] {
        assert_eq!(verify(&signature, &key, &changed), Err(expected), "{changed:?}");
    }
    let parsed = Detached::parse(&signature).expect("a signature");
    let required = parsed.verify(&key, &request(&good), &["X-Custom"]);
    assert_eq!(required, Err(SignatureError::Uncovered));
    let stranger = SigningKey::generate(KEY_ID.to_owned()).expect("a key").public_key();
    assert_eq!(verify(&signature, &stranger, &request(&good)), Err(SignatureError::Mismatch));
}

#[test]
fn attached_bodies_and_mangled_forms_are_refused() {
    let Some(signature) = vector("tl-signature.txt") else { return };
    let (header, tail) = signature.split_once("..").expect("detached");
    let payload = URL_SAFE_NO_PAD.encode("POST /bar\n{}");
    for bad in [
        String::new(),
        "..".to_owned(),
        ".".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}.{tail}"),
        format!("{signature}."),
        format!("{signature}..."),
        format!(".{signature}"),
        format!("{header}..{tail}="),
        format!("{header}..{}", &tail[..tail.len() - 4]),
        format!("{header}..{tail}AAAA"),
        format!("{header}..{}", tail.replace('_', "/")),
        format!("{header}=..{tail}"),
        format!(" {signature}"),
    ] {
        assert_eq!(Detached::parse(&bad).err(), Some(SignatureError::Malformed), "{bad}");
    }
}

/// Signs a message under any header, with our own key.
fn forged(header: &Value, key: &SigningKey) -> String {
    let encoded = URL_SAFE_NO_PAD.encode(header.to_string());
    // A good signature to borrow the length from; the header is judged before it.
    let headers = HeaderMap::new();
    let signed = SignedRequest { method: "POST", path: "/", headers: &headers, body: b"" };
    let tail = key.sign(&signed, &[], None).expect("a signature");
    format!("{encoded}..{}", tail.rsplit_once('.').expect("three parts").1)
}

#[test]
fn other_algorithms_versions_and_extensions_are_refused_before_any_key_is_used() {
    let key = SigningKey::generate("k".to_owned()).expect("a key");
    let good = json!({ "alg": "ES512", "kid": "k", "tl_version": "2", "tl_headers": "" });
    let with = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        header
    };
    let mut without_kid = good.clone();
    without_kid.as_object_mut().unwrap().remove("kid");
    for (header, expected) in [
        (with("alg", "none".into()), SignatureError::Algorithm),
        (with("alg", "HS256".into()), SignatureError::Algorithm),
        (with("alg", "ES256".into()), SignatureError::Algorithm),
        (with("alg", "es512".into()), SignatureError::Algorithm),
        (with("alg", "ES521".into()), SignatureError::Algorithm),
        (with("crit", json!(["exp"])), SignatureError::Algorithm),
        (with("b64", json!(false)), SignatureError::Algorithm),
        (with("tl_version", "1".into()), SignatureError::Version),
        (with("tl_version", 2.into()), SignatureError::Malformed),
        (with("tl_headers", "A,b,a".into()), SignatureError::Malformed),
        (with("kid", Value::Null), SignatureError::Malformed),
        (without_kid, SignatureError::Malformed),
        (json!([]), SignatureError::Malformed),
        (with("more", "x".repeat(4096).into()), SignatureError::Malformed),
    ] {
        assert_eq!(Detached::parse(&forged(&header, &key)).err(), Some(expected), "{header}");
    }
    assert!(Detached::parse(&forged(&good, &key)).is_ok());
    let twice = r#"{"alg":"ES512","kid":"k","tl_version":"2","tl_headers":"","alg":"ES512"}"#;
    let twice =
        format!("{}..{}", URL_SAFE_NO_PAD.encode(twice), forged(&good, &key).split_once("..").unwrap().1);
    assert_eq!(Detached::parse(&twice).err(), Some(SignatureError::Malformed), "a name twice");
}

#[test]
fn our_own_signature_is_what_the_vendor_expects() {
    let Some(pem) = vector("ec512-private.pem") else { return };
    let key = SigningKey::from_pem(KEY_ID.to_owned(), &pem).expect("a key");
    assert_eq!(key.public_key(), PublicKey::from_pem(&vector("ec512-public.pem").unwrap()).expect("a key"));
    let headers = request_headers();
    let signature = key.sign(&request(&headers), &["Idempotency-Key"], None).expect("a signature");
    let published = vector("tl-signature.txt").unwrap();
    let header = |signature: &str| signature.split_once("..").expect("detached").0.to_owned();
    assert_eq!(header(&signature), header(&published), "byte for byte, but for the random part");
    assert_ne!(signature, published);
    assert_eq!(verify(&signature, &key.public_key(), &request(&headers)), Ok(()));
    assert!(!format!("{key:?}").contains("MIHc"));
}

#[test]
fn keys_of_other_kinds_are_no_keys() {
    for pem in [
        "",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQA",
    ] {
        assert!(PublicKey::from_pem(pem).is_err(), "{pem}");
        assert!(SigningKey::from_pem("k".to_owned(), pem).is_err(), "{pem}");
    }
    let long = URL_SAFE_NO_PAD.encode([1; 67]);
    let fine = URL_SAFE_NO_PAD.encode([1; 66]);
    let key = |kind: &str, curve: &str, alg: &str, x: &str| {
        let key = json!({ "kty": kind, "crv": curve, "alg": alg, "kid": "k", "x": x, "y": fine });
        Jwks::parse(json!({ "keys": [key] }).to_string().as_bytes()).expect("a list").find("k").is_some()
    };
    assert!(key("EC", "P-521", "ES512", &fine));
    assert!(!key("RSA", "P-521", "ES512", &fine));
    assert!(!key("EC", "P-256", "ES512", &fine));
    assert!(!key("EC", "P-521", "ES256", &fine));
    assert!(!key("EC", "P-521", "ES512", &long));
    assert!(!key("EC", "P-521", "ES512", "not base64!"));
    assert_eq!(Jwks::parse(b"[]").err(), Some(SignatureError::KeysUnavailable));
}
