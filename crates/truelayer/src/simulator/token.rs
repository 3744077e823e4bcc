//! Tokens in the shape of the service's.
//!
//! Access tokens look like the signed tokens of the service and are opaque to everyone: the simulator looks them up, and
//! the signature's place is filled by chance, since nobody has a key to check it with.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::Duration;
use kernel::{Instant, Random};
use serde_json::json;

/// What an access token says about itself.
pub(super) struct Claims<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    pub(super) client_id: &'a str,
    /// The link, or the program itself.
    pub(super) subject: &'a str,
    pub(super) connector_id: Option<&'a str>,
    pub(super) scope: &'a str,
    pub(super) issued_at: Instant,
    pub(super) life: Duration,
}

/// Makes an access token.
pub(super) fn access(claims: &Claims<'_>, random: &Random) -> String {
    let key_id = "145989B057C9C338407800A8BA6CB9FEB33E9510RS256";
    let header = json!({ "alg": "RS256", "kid": key_id, "typ": "at+jwt", "x5t": &key_id[..20] });
    let issued_at = claims.issued_at.timestamp();
    let mut body = json!({
        "nbf": issued_at,
        "exp": (claims.issued_at + claims.life).timestamp(),
        "iss": claims.issuer,
        "aud": claims.audience,
        "client_id": claims.client_id,
        "sub": claims.subject,
        "auth_time": issued_at,
        "idp": "local",
        "jti": hex::encode_upper(random.bytes::<16>()),
        "sid": format!("auth-{}", URL_SAFE_NO_PAD.encode(random.bytes::<24>())),
        "iat": issued_at,
        "scope": claims.scope.split_whitespace().collect::<Vec<_>>(),
        "amr": ["pwd"],
    });
    if let Some(connector_id) = claims.connector_id {
        body["connector_id"] = connector_id.into();
        body["credentials_key"] = hex::encode(random.bytes::<32>()).into();
        body["privacy_policy"] = "Feb2019".into();
        body["consent_id"] = uuid(random).into();
    }
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut signature = [0; 256];
    random.fill(&mut signature);
    format!("{}.{}.{}", part(&header), part(&body), URL_SAFE_NO_PAD.encode(signature))
}

/// Makes a refresh token: 64 hexadecimal digits in capitals.
pub(super) fn refresh(random: &Random) -> String {
    hex::encode_upper(random.bytes::<32>())
}

/// Makes a code.
pub(super) fn code(random: &Random) -> String {
    hex::encode_upper(random.bytes::<32>())
}

/// Makes the name of a link: 32 bytes in base64.
pub(super) fn credentials_id(random: &Random) -> String {
    STANDARD.encode(random.bytes::<32>())
}

/// Makes the name of a visit to the pages.
pub(super) fn session_id(random: &Random) -> String {
    format!("auth-{}", URL_SAFE_NO_PAD.encode(random.bytes::<32>()))
}

/// Makes a random UUID (RFC 9562 §5.4).
pub(super) fn uuid(random: &Random) -> String {
    uuid::Builder::from_random_bytes(random.bytes()).into_uuid().to_string()
}
