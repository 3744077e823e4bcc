//! The auth server: tokens, their end, links straight to a bank, and the list of banks.

use serde::{Deserialize, Serialize};
use url::Url;

use super::send::AUTH_TIMEOUT;
use super::{Client, Outgoing};
use crate::auth_link::ResponseMode;
use crate::environment::join;
use crate::error::Error;
use crate::pkce::{CodeChallenge, CodeVerifier};
use crate::provider::{Provider, ProviderQuery};
use crate::scope::Scopes;
use crate::token::{AccessToken, RefreshToken, Tokens, TokensOnTheWire};

/// Exchanges the code of a return; it works once, within five minutes.
#[derive(Clone, Copy, Debug)]
pub struct CodeExchange<'a> {
    /// The code.
    pub code: &'a kernel::Secret<String>,
    /// The same address as in the link.
    pub redirect_uri: &'a Url,
    /// What the link's challenge was made of.
    pub verifier: &'a CodeVerifier,
}

/// The three requests of the token endpoint; unknown fields are refused there.
#[derive(Serialize)]
#[serde(tag = "grant_type", rename_all = "snake_case")]
enum Grant<'a> {
    AuthorizationCode {
        client_id: &'a str,
        client_secret: &'a str,
        code: &'a str,
        redirect_uri: &'a str,
        code_verifier: &'a str,
    },
    RefreshToken {
        client_id: &'a str,
        client_secret: &'a str,
        refresh_token: &'a str,
    },
    ClientCredentials {
        client_id: &'a str,
        client_secret: &'a str,
        scope: &'a str,
    },
}

/// Asks for a link straight to a bank, for programs whose own consent page was reviewed.
#[derive(Clone, Copy, Debug)]
pub struct DirectLink<'a> {
    /// The bank.
    pub provider_id: &'a str,
    /// Where the user comes back to.
    pub redirect_uri: &'a Url,
    /// What is asked for.
    pub scopes: &'a Scopes,
    /// Names the consent that the user gave on the program's own page.
    pub consent_id: &'a str,
    /// Who gave it.
    pub user: Option<&'a LinkUser>,
    /// Comes back with the answer.
    pub state: &'a str,
    /// What the exchange of the code will be checked against.
    pub challenge: &'a CodeChallenge,
    /// How the answer comes back.
    pub response_mode: ResponseMode,
}

/// Names a user to the service, which must know who consented; prints as stars.
#[derive(Clone, Serialize)]
pub struct LinkUser {
    /// A name of the program's own for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// First and last name.
    pub name: String,
    /// The mail address; this or the telephone number must be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl std::fmt::Debug for LinkUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkUser(****)")
    }
}

/// Names a failing link to the service's support.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DebugId {
    /// The link.
    pub credentials_id: String,
    /// What the support asks for.
    pub debug_id: String,
    /// The bank.
    pub provider_id: String,
}

#[derive(Serialize)]
struct DirectLinkBody<'a> {
    response_type: &'static str,
    client_id: &'a str,
    provider_id: &'a str,
    redirect_uri: &'a str,
    scope: String,
    consent_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a LinkUser>,
    state: &'a str,
    code_challenge: &'a str,
    code_challenge_method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mode: Option<&'static str>,
}

#[derive(Deserialize)]
pub(super) struct Link {
    pub(super) result: Url,
}

impl Client {
    /// Exchanges a code for the first tokens.
    ///
    /// # Errors
    /// `invalid_authorization_code` or `invalid_grant` for a code that is spent, old or another link's.
    pub async fn exchange_code(&self, exchange: &CodeExchange<'_>) -> Result<Tokens, Error> {
        self.token(
            "token_exchange",
            &Grant::AuthorizationCode {
                client_id: self.client_id(),
                client_secret: self.client_secret().expose(),
                code: exchange.code.expose(),
                redirect_uri: exchange.redirect_uri.as_str(),
                code_verifier: exchange.verifier.expose(),
            },
        )
        .await
    }

    /// Gets the next access token; the previous one is dead from then on.
    ///
    /// # Errors
    /// `invalid_grant` when the consent is over.
    pub async fn refresh(&self, refresh_token: &RefreshToken) -> Result<Tokens, Error> {
        self.token(
            "token_refresh",
            &Grant::RefreshToken {
                client_id: self.client_id(),
                client_secret: self.client_secret().expose(),
                refresh_token: refresh_token.expose(),
            },
        )
        .await
    }

    /// Gets a token for the program itself, for `payments`.
    pub async fn client_token(&self, scope: &str) -> Result<Tokens, Error> {
        self.token(
            "token_client",
            &Grant::ClientCredentials {
                client_id: self.client_id(),
                client_secret: self.client_secret().expose(),
                scope,
            },
        )
        .await
    }

    /// Ends a link at the service for good.
    pub async fn delete(&self, token: &AccessToken) -> Result<(), Error> {
        let url = join(self.environment().auth(), ["api", "delete"]);
        let request = self.http().delete(url).timeout(AUTH_TIMEOUT);
        self.send(Outgoing { name: "delete", request, token: Some(token) }).await.map(drop)
    }

    /// Asks for a name under which the support looks at a link that is failing now; rate limited.
    pub async fn debug_id(&self, token: &AccessToken) -> Result<DebugId, Error> {
        let body = serde_json::json!({ "access_token": token.expose() });
        let url = join(self.environment().auth(), ["api", "debug"]);
        let request = self.http().post(url).json(&body).timeout(AUTH_TIMEOUT);
        self.send(Outgoing { name: "debug_id", request, token: None }).await?.json()
    }

    /// Takes such a name back.
    pub async fn delete_debug_id(&self, token: &AccessToken) -> Result<DebugId, Error> {
        let url = join(self.environment().auth(), ["api", "debug"]);
        let request = self.http().delete(url).timeout(AUTH_TIMEOUT);
        self.send(Outgoing { name: "delete_debug_id", request, token: Some(token) }).await?.json()
    }

    /// Lists the banks.
    pub async fn providers(&self, query: &ProviderQuery<'_>) -> Result<Vec<Provider>, Error> {
        let url = join(self.environment().auth(), ["api", "providers"]);
        let request = self.http().get(url).query(&query.pairs()).timeout(AUTH_TIMEOUT);
        self.send(Outgoing { name: "providers", request, token: None }).await?.json()
    }

    /// Asks for a link straight to a bank.
    pub async fn direct_link(&self, link: &DirectLink<'_>) -> Result<Url, Error> {
        let body = DirectLinkBody {
            response_type: "code",
            client_id: self.client_id(),
            provider_id: link.provider_id,
            redirect_uri: link.redirect_uri.as_str(),
            scope: link.scopes.to_string(),
            consent_id: link.consent_id,
            user: link.user,
            state: link.state,
            code_challenge: link.challenge.as_str(),
            code_challenge_method: "S256",
            response_mode: response_mode(link.response_mode),
        };
        let url = join(self.environment().auth(), ["v1", "authuri"]);
        let request = self.http().post(url).json(&body).timeout(AUTH_TIMEOUT);
        let link: Link = self.send(Outgoing { name: "direct_link", request, token: None }).await?.json()?;
        Ok(link.result)
    }

    async fn token(&self, name: &'static str, grant: &Grant<'_>) -> Result<Tokens, Error> {
        let url = join(self.environment().auth(), ["connect", "token"]);
        let request = self.http().post(url).json(grant).timeout(AUTH_TIMEOUT);
        let reply = self.send(Outgoing { name, request, token: None }).await?;
        reply.json::<TokensOnTheWire>().map(Tokens::from)
    }
}

pub(super) const fn response_mode(mode: ResponseMode) -> Option<&'static str> {
    match mode {
        ResponseMode::Query => None,
        ResponseMode::FormPost => Some("form_post"),
    }
}
