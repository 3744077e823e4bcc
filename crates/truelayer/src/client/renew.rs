//! Keeping a link alive: extending the consent, or a link to the bank for another authentication.

use serde::{Deserialize, Serialize};
use url::Url;

use super::auth::{Link, LinkUser, response_mode};
use super::send::AUTH_TIMEOUT;
use super::{Client, Outgoing};
use crate::auth_link::ResponseMode;
use crate::environment::join;
use crate::error::Error;
use crate::pkce::CodeChallenge;
use crate::token::{AccessToken, RefreshToken, Tokens, TokensOnTheWire};

/// Asks to extend a link whose user has just confirmed the consent again (United Kingdom only).
#[derive(Clone, Copy, Debug)]
pub struct Extension<'a> {
    /// The link.
    pub refresh_token: &'a RefreshToken,
    /// Its access token; the service wants it where there is one.
    pub access_token: Option<&'a AccessToken>,
    /// Who confirmed.
    pub user: &'a LinkUser,
    /// Whether the user confirmed on the program's own page; the service refuses `false`.
    pub has_reconfirmed: bool,
    /// Where the user comes back to, if they have to go to the bank.
    pub redirect_uri: &'a Url,
    /// Comes back with the answer.
    pub state: &'a str,
    /// What the exchange of the code will be checked against.
    pub challenge: &'a CodeChallenge,
    /// How the answer comes back.
    pub response_mode: ResponseMode,
}

/// Says what an extension takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extended {
    /// Nothing more: both tokens are replaced.
    Done(Tokens),
    /// The user has to authenticate at the bank: send them there.
    Authenticate(Url),
    /// The user has to confirm the consent at the service: send them there.
    Reconfirm(Url),
}

/// Asks for a link to authenticate again; the older way, which knows nothing of consent (United Kingdom only).
#[derive(Clone, Copy, Debug)]
pub struct ReauthLink<'a> {
    /// The link; may have ended up to ninety days ago.
    pub refresh_token: &'a RefreshToken,
    /// Where the user comes back to.
    pub redirect_uri: &'a Url,
    /// Comes back with the answer.
    pub state: &'a str,
    /// What the exchange of the code will be checked against.
    pub challenge: &'a CodeChallenge,
    /// How the answer comes back.
    pub response_mode: ResponseMode,
}

#[derive(Serialize)]
struct ExtensionBody<'a> {
    user_has_reconfirmed_consent: bool,
    client_id: &'a str,
    client_secret: &'a str,
    user: &'a LinkUser,
    refresh_token: &'a str,
    redirect_uri: &'a str,
    state: &'a str,
    code_challenge: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mode: Option<&'static str>,
}

#[derive(Serialize)]
struct ReauthBody<'a> {
    response_type: &'static str,
    refresh_token: &'a str,
    redirect_uri: &'a str,
    state: &'a str,
    code_challenge: &'a str,
    code_challenge_method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mode: Option<&'static str>,
}

#[derive(Deserialize)]
struct ActionNeeded {
    action_needed: String,
    #[serde(default)]
    user_input_link: Option<Url>,
}

impl Client {
    /// Extends a link.
    ///
    /// # Errors
    /// `cannot_be_extended`, or `validation_error` while the program's consent page is not reviewed: then send the user
    /// through a new link.
    pub async fn extend(&self, extension: &Extension<'_>) -> Result<Extended, Error> {
        let body = ExtensionBody {
            user_has_reconfirmed_consent: extension.has_reconfirmed,
            client_id: self.client_id(),
            client_secret: self.client_secret().expose(),
            user: extension.user,
            refresh_token: extension.refresh_token.expose(),
            redirect_uri: extension.redirect_uri.as_str(),
            state: extension.state,
            code_challenge: extension.challenge.as_str(),
            response_mode: response_mode(extension.response_mode),
        };
        let url = join(self.environment().api(), ["data", "v1", "connections", "extend"]);
        let request = self.http().post(url).json(&body).timeout(AUTH_TIMEOUT);
        let outgoing = Outgoing { name: "extend", request, token: extension.access_token };
        let reply = self.send(outgoing).await?;
        let needed: ActionNeeded = reply.json()?;
        match (needed.action_needed.as_str(), needed.user_input_link) {
            ("no_action_needed", _) => Ok(Extended::Done(reply.json::<TokensOnTheWire>()?.into())),
            ("authentication_needed", Some(link)) => Ok(Extended::Authenticate(link)),
            ("reconfirmation_of_consent_needed", Some(link)) => Ok(Extended::Reconfirm(link)),
            _ => Err(reply.unreadable()),
        }
    }

    /// Asks for a link to authenticate again.
    pub async fn reauth_link(&self, link: &ReauthLink<'_>) -> Result<Url, Error> {
        let body = ReauthBody {
            response_type: "code",
            refresh_token: link.refresh_token.expose(),
            redirect_uri: link.redirect_uri.as_str(),
            state: link.state,
            code_challenge: link.challenge.as_str(),
            code_challenge_method: "S256",
            response_mode: response_mode(link.response_mode),
        };
        let url = join(self.environment().auth(), ["v1", "reauthuri"]);
        let request = self.http().post(url).json(&body).timeout(AUTH_TIMEOUT);
        let link: Link = self.send(Outgoing { name: "reauth_link", request, token: None }).await?.json()?;
        Ok(link.result)
    }
}
