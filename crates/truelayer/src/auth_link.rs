//! The link that a user follows to their bank.

use url::Url;

use crate::environment::Environment;
use crate::pkce::CodeChallenge;
use crate::scope::Scopes;

/// Says how the answer comes back to the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query string of a GET.
    #[default]
    Query,
    /// In the body of a POST; it arrives from a foreign site, so without cookies that are `SameSite=Lax`.
    FormPost,
}

/// Describes a link: who asks whom for what, and how the answer is recognized.
///
/// Each link can be used once. Its pages refuse to be framed.
#[derive(Clone, Debug)]
pub struct AuthLink<'a> {
    /// The program's name at the service.
    pub client_id: &'a str,
    /// Where the user comes back to; registered there to the letter.
    pub redirect_uri: &'a Url,
    /// What is asked for.
    pub scopes: &'a Scopes,
    /// Which banks are offered: `uk-ob-all`, `de-xs2a-all`, `mock`, or single ones.
    pub providers: &'a [String],
    /// The one bank that is meant, so that nobody has to choose.
    pub provider_id: Option<&'a str>,
    /// Comes back with the answer and proves that it belongs to this link.
    pub state: &'a str,
    /// Ties what is issued to this link.
    pub nonce: &'a str,
    /// What the exchange of the code will be checked against (RFC 7636).
    pub challenge: &'a CodeChallenge,
    /// How the answer comes back.
    pub response_mode: ResponseMode,
    /// The user's mail address, so that they need not type it.
    pub user_email: Option<&'a str>,
}

impl AuthLink<'_> {
    /// Writes the link.
    pub fn url(&self, environment: &Environment) -> Url {
        let mut url = environment.auth().clone();
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", self.client_id)
                .append_pair("redirect_uri", self.redirect_uri.as_str())
                .append_pair("scope", &self.scopes.to_string())
                .append_pair("state", self.state)
                .append_pair("nonce", self.nonce)
                .append_pair("code_challenge", self.challenge.as_str())
                .append_pair("code_challenge_method", "S256");
            if !self.providers.is_empty() {
                query.append_pair("providers", &self.providers.join(" "));
            }
            if let Some(provider_id) = self.provider_id {
                query.append_pair("provider_id", provider_id);
            }
            if self.response_mode == ResponseMode::FormPost {
                query.append_pair("response_mode", "form_post");
            }
            if let Some(email) = self.user_email {
                query.append_pair("user_email", email);
            }
            if self.offers_mock() {
                query.append_pair("enable_mock", "true");
            }
        }
        url
    }

    /// Without this the service leaves the mock bank out even when a filter names it.
    fn offers_mock(&self) -> bool {
        self.providers.iter().any(|provider| provider == "mock")
    }
}

#[cfg(test)]
mod tests {
    use kernel::Random;

    use super::*;
    use crate::pkce::CodeVerifier;
    use crate::scope::Scope;

    #[test]
    fn a_link_says_who_asks_for_what_and_how_it_is_recognized() {
        let challenge = CodeVerifier::generate(&Random::seeded(1)).challenge();
        let redirect_uri: Url = "https://bank.example/callback?via=truelayer".parse().expect("an address");
        let scopes = Scopes::new([Scope::Accounts, Scope::Balance, Scope::OfflineAccess]);
        let providers = ["uk-ob-all".to_owned(), "mock".to_owned()];
        let link = AuthLink {
            client_id: "sandbox-florin",
            redirect_uri: &redirect_uri,
            scopes: &scopes,
            providers: &providers,
            provider_id: Some("mock"),
            state: "s&t=1",
            nonce: "n1",
            challenge: &challenge,
            response_mode: ResponseMode::FormPost,
            user_email: None,
        };
        let url = link.url(&Environment::sandbox());
        assert_eq!(url.host_str(), Some("auth.truelayer-sandbox.com"));
        let pairs: Vec<(String, String)> =
            url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let expected = [
            ("response_type", "code"),
            ("client_id", "sandbox-florin"),
            ("redirect_uri", "https://bank.example/callback?via=truelayer"),
            ("scope", "accounts balance offline_access"),
            ("state", "s&t=1"),
            ("nonce", "n1"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("providers", "uk-ob-all mock"),
            ("provider_id", "mock"),
            ("response_mode", "form_post"),
            ("enable_mock", "true"),
        ];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
