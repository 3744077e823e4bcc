//! What proves who asks.

use std::time::Duration;

use kernel::Secret;
use serde::Deserialize;

use crate::scope::Scopes;

/// Holds what the service issues for an hour; opaque.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct AccessToken(Secret<String>);

/// Holds what gets the next access token; lives as long as the consent; opaque.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct RefreshToken(Secret<String>);

impl AccessToken {
    /// Takes back what was stored.
    pub const fn new(token: String) -> Self {
        Self(Secret::new(token))
    }

    /// Lends the token, to be sealed or sent.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl RefreshToken {
    /// Takes back what was stored.
    pub const fn new(token: String) -> Self {
        Self(Secret::new(token))
    }

    /// Lends the token, to be sealed or sent.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Names the program to the service.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The program's name; `sandbox-…` in the sandbox.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret<String>,
}

/// Holds an answer of the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Only the last one issued is valid.
    pub access_token: AccessToken,
    /// Absent without `offline_access`, or when the one that was used stays as it is: then keep that.
    pub refresh_token: Option<RefreshToken>,
    /// How long the access token lives from its arrival.
    pub expires_in: Duration,
    /// What it opens, where the service says so.
    pub scopes: Option<Scopes>,
}

/// The usual life of an access token, when the answer does not say.
const USUAL_LIFE: Duration = Duration::from_hours(1);

/// The answer as it is on the wire.
#[derive(Deserialize)]
pub(crate) struct TokensOnTheWire {
    access_token: AccessToken,
    #[serde(default)]
    refresh_token: Option<RefreshToken>,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Option<String>,
}

impl From<TokensOnTheWire> for Tokens {
    fn from(wire: TokensOnTheWire) -> Self {
        Self {
            access_token: wire.access_token,
            refresh_token: wire.refresh_token.filter(|token| !token.expose().is_empty()),
            expires_in: wire.expires_in.map_or(USUAL_LIFE, Duration::from_secs),
            scopes: wire.scope.as_deref().map(Scopes::from_list),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Tokens {
        serde_json::from_str::<TokensOnTheWire>(json).expect(json).into()
    }

    #[test]
    fn an_absent_or_empty_refresh_token_leaves_the_old_one() {
        for json in [
            r#"{"access_token":"a","token_type":"Bearer","expires_in":60}"#,
            r#"{"access_token":"a","refresh_token":null,"expires_in":60}"#,
            r#"{"access_token":"a","refresh_token":"","expires_in":60}"#,
        ] {
            assert_eq!(read(json).refresh_token, None, "{json}");
        }
        assert_eq!(read(r#"{"access_token":"a"}"#).expires_in, USUAL_LIFE);
    }

    #[test]
    fn tokens_print_as_stars() {
        let tokens = read(r#"{"access_token":"canary-a","refresh_token":"canary-r","expires_in":60}"#);
        assert!(!format!("{tokens:?}").contains("canary"), "{tokens:?}");
        assert_eq!(tokens.access_token.expose(), "canary-a");
    }
}
