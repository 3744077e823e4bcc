//! Signatures and hashes against Project Wycheproof, whose vectors try what attackers try.

use chrono::DateTime;
use kernel::Secret;
use truelayer::signature::hmac::{Form, Verifier};
use truelayer::signature::{Jwks, SignatureError};
use wycheproof::ecdsa::{TestName as EcdsaName, TestSet as EcdsaSet};
use wycheproof::mac::{TestName as MacName, TestSet as MacSet};

#[test]
fn every_signature_on_p521_is_judged_as_wycheproof_says() {
    use base64::Engine as _;
    let set = EcdsaSet::load(EcdsaName::EcdsaSecp521r1Sha512P1363).expect("vectors");
    let encode = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups {
        let (x, y) = (&group.key.affine_x, &group.key.affine_y);
        // Their coordinates may have a zero in front, ours may lack some.
        let trim = |bytes: &[u8]| encode(&bytes[bytes.len().saturating_sub(66)..]);
        let list = serde_json::json!({ "keys": [
            { "kty": "EC", "crv": "P-521", "kid": "k", "x": trim(x), "y": trim(y) },
        ] });
        let keys = Jwks::parse(list.to_string().as_bytes()).expect("a list");
        let key = keys.find("k").expect("a key");
        for test in group.tests {
            let judged = key.verify(&test.msg, &test.sig);
            if test.result.must_fail() {
                assert_eq!(judged, Err(SignatureError::Mismatch), "{} {}", test.tc_id, test.comment);
                invalid += 1;
            } else {
                assert_eq!(judged, Ok(()), "{} {}", test.tc_id, test.comment);
                valid += 1;
            }
        }
    }
    assert!(valid > 100 && invalid > 50, "{valid} {invalid}");
}

#[test]
fn every_hash_is_judged_as_wycheproof_says() {
    let set = MacSet::load(MacName::HmacSha256).expect("vectors");
    let now = DateTime::from_timestamp(1_800_000_000, 0).expect("an instant");
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups {
        let is_whole = group.tag_size == 256;
        for test in group.tests {
            let verifier = Verifier::new(vec![Secret::new(test.key.to_vec())], Form::Body);
            let judged = verifier.verify(&hex::encode(&*test.tag), &test.msg, now);
            let expected = match (is_whole, test.result.must_fail()) {
                // A shortened hash is none of ours, good or bad.
                (false, _) => Err(SignatureError::Malformed),
                (true, true) => Err(SignatureError::Mismatch),
                (true, false) => Ok(()),
            };
            assert_eq!(judged, expected, "{} {}", test.tc_id, test.comment);
            if judged.is_ok() { valid += 1 } else { invalid += 1 }
        }
    }
    assert!(valid > 30 && invalid > 50, "{valid} {invalid}");
}
