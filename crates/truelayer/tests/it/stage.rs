//! A simulator, a client, and users who link their accounts.

use chrono::Duration;
use kernel::{Clock, Instant, Random, Secret};
use truelayer::simulator::{
    Authorization, AuthorizationOutcome, Options, Ports, Profile, RegisteredClient, Simulator,
};
use truelayer::{
    AccessToken, AuthLink, Call, Callback, CallbackFields, Client, ClientCredentials, CodeChallenge,
    CodeExchange, CodeVerifier, Error, RefreshToken, ResponseMode, Scopes, Tokens,
};
use url::Url;

/// Holds both sides.
pub struct Stage {
    pub simulator: Simulator,
    pub client: Client,
    pub redirect_uri: Url,
    pub random: Random,
}

/// Holds an authorized user's return.
pub struct Returned {
    pub callback: Callback,
    pub verifier: CodeVerifier,
}

pub fn noon() -> Instant {
    "2026-11-19T12:00:00Z".parse().expect("an instant")
}

impl Stage {
    /// Begins in the sandbox.
    pub async fn sandbox() -> Self {
        Self::begin(Profile::Sandbox).await
    }

    /// Begins in the imitated live environment.
    pub async fn live() -> Self {
        Self::begin(Profile::Live).await
    }

    async fn begin(profile: Profile) -> Self {
        let redirect_uri: Url = "http://127.0.0.1:9/callback".parse().expect("an address");
        let registered = RegisteredClient::sandbox_demo(vec![redirect_uri.clone()]);
        let credentials = ClientCredentials {
            client_id: registered.client_id.clone(),
            client_secret: registered.client_secret.clone(),
        };
        let simulator = Simulator::start(Options {
            ports: Ports::default(),
            profile,
            client: registered,
            clock: Clock::fixed(noon()),
            random: Random::seeded(7),
            seed: 1,
        });
        let simulator = simulator.await.expect("free ports");
        let client = Client::new(simulator.environment().clone(), credentials).expect("a client");
        Self { simulator, client, redirect_uri, random: Random::seeded(11) }
    }

    pub fn now(&self) -> Instant {
        self.simulator.clock().now()
    }

    pub async fn advance(&self, by: Duration) {
        self.simulator.control().advance(by).await;
    }

    /// Returns a client that does not know the secret.
    pub fn stranger(&self) -> Client {
        let credentials = ClientCredentials {
            client_id: self.client.client_id().to_owned(),
            client_secret: Secret::new("guessed".to_owned()),
        };
        Client::new(self.simulator.environment().clone(), credentials).expect("a client")
    }

    /// Writes a link for everything, to these banks.
    pub fn link(&self, providers: &str, challenge: &CodeChallenge) -> Url {
        self.link_for(providers, challenge, &Scopes::all())
    }

    /// Writes a link for these scopes.
    pub fn link_for(&self, providers: &str, challenge: &CodeChallenge, scopes: &Scopes) -> Url {
        let providers: Vec<String> = providers.split_whitespace().map(str::to_owned).collect();
        let state = hex::encode(self.random.bytes::<16>());
        let link = AuthLink {
            client_id: self.client.client_id(),
            redirect_uri: &self.redirect_uri,
            scopes,
            providers: &providers,
            provider_id: None,
            state: &state,
            nonce: &hex::encode(self.random.bytes::<16>()),
            challenge,
            response_mode: ResponseMode::Query,
            user_email: None,
        };
        link.url(self.client.environment())
    }

    /// Walks a user along a link of the program's own.
    pub fn visit(&self, username: &str, password: &str, provider: &str) -> Returned {
        let verifier = CodeVerifier::generate(&self.random);
        let link = self.link(provider, &verifier.challenge());
        let authorization = Authorization {
            username: username.to_owned(),
            password: password.to_owned(),
            provider_id: Some(provider.to_owned()),
            ..Authorization::of(link)
        };
        Returned { callback: self.walk(&authorization), verifier }
    }

    /// Walks a user along any link, and reads the return.
    pub fn walk(&self, authorization: &Authorization) -> Callback {
        let returned = self.simulator.control().authorize(authorization).expect("a valid link");
        read_return(&returned.expect("a return"))
    }

    /// Exchanges the code of a return.
    pub async fn exchange(&self, returned: &Returned) -> Result<Tokens, Error> {
        let Callback::Granted { code, .. } = &returned.callback else { panic!("{:?}", returned.callback) };
        self.client
            .exchange_code(&CodeExchange {
                code,
                redirect_uri: &self.redirect_uri,
                verifier: &returned.verifier,
            })
            .await
    }

    /// Links the accounts of a user.
    pub async fn connect(&self, username: &str, password: &str, provider: &str) -> Tokens {
        self.exchange(&self.visit(username, password, provider)).await.expect("tokens")
    }

    /// Links john's accounts at the mock bank.
    pub async fn john(&self) -> Tokens {
        self.connect("john", "doe", "mock").await
    }

    /// Returns the link's name, of the only link there is.
    pub fn only_link(&self) -> String {
        let links = self.simulator.control().links();
        assert_eq!(links.len(), 1);
        links[0].credentials_id.clone()
    }

    /// Returns the id of a user's account by its sort.
    pub async fn account(&self, token: &AccessToken, kind: truelayer::data::AccountType) -> String {
        let accounts = self.client.accounts(&call(token)).await.expect("accounts");
        let found =
            accounts.values().find(|account| account.account_type == kind).map(|it| it.account_id.clone());
        found.expect("an account of this sort")
    }
}

/// Walks away from a link without consenting.
pub fn cancelling(link: Url) -> Authorization {
    Authorization { outcome: AuthorizationOutcome::Cancel, ..Authorization::of(link) }
}

/// Reads the return from the query of an address.
pub fn read_return(url: &Url) -> Callback {
    let pairs = url.query_pairs();
    let mut fields = CallbackFields::default();
    for (name, value) in pairs {
        let value = value.into_owned();
        match name.as_ref() {
            "code" => fields.code = Some(Secret::new(value)),
            "scope" => fields.scope = Some(value),
            "state" => fields.state = Some(value),
            "error" => fields.error = Some(value),
            _ => {}
        }
    }
    fields.read()
}

/// Calls without the user.
pub fn call(token: &AccessToken) -> Call<'_> {
    Call { token, user: None, correlation_id: None }
}

/// Calls on behalf of a user who is there.
pub fn attended(token: &AccessToken) -> Call<'_> {
    Call { token, user: Some("203.0.113.7".parse().expect("an address")), correlation_id: Some("test-1") }
}

/// Returns the refresh token.
pub fn refresh_token(tokens: &Tokens) -> &RefreshToken {
    tokens.refresh_token.as_ref().expect("a refresh token")
}
