//! Linking accounts at other banks, against the simulated service over HTTP.

mod aside;
mod attacks;
mod canaries;
mod days;
mod extend;
mod insights;
mod keys;
mod later;
mod link;
mod modes;
mod notices;
mod pages;
mod payments;
mod pull;
mod renew;
mod schema;
mod tokens;
mod webhooks;

use std::sync::LazyLock;

use bank::settings::{OpenBankingMode, OpenBankingSettings, PaymentSettings, WebhookScheme};
use chrono::Duration;
use kernel::{Clock, Currency, Random, Secret};
use serde_json::{Value, json};
use truelayer::signature::SigningKey;
use truelayer::simulator::{
    Authorization, AuthorizationOutcome, Options, Ports, Profile, RegisteredClient, Simulator,
};
use truelayer::{ClientCredentials, Environment};
use url::Url;

use crate::harness::{Answer, App, Person, START};

const BASE: &str = "/api/v1/integrations/truelayer";
/// Shared with the service.
const WEBHOOK_SECRET: &str = "a secret that the service and the bank share";
const REDIRECT: &str = "http://127.0.0.1:9/api/v1/integrations/truelayer/callback";

/// Holds a bank and the service that it reaches.
pub struct Stage {
    pub app: App,
    pub simulator: Simulator,
}

/// Signs payments; the service knows its public half.
static SIGNING_KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate("florin".to_owned()).unwrap());

/// Simulates the service, by a clock that stands where every test begins.
pub async fn simulator() -> Simulator {
    let mut client = RegisteredClient::sandbox_demo(vec![REDIRECT.parse().unwrap()]);
    client.signing_keys = vec![("florin".to_owned(), SIGNING_KEY.public_key())];
    let options = Options {
        ports: Ports::default(),
        profile: Profile::Sandbox,
        client,
        clock: Clock::fixed(START.parse().unwrap()),
        random: Random::seeded(7),
        seed: 1,
    };
    Simulator::start(options).await.unwrap()
}

/// Takes settings that reach a simulator.
pub fn settings(servers: &Environment) -> OpenBankingSettings {
    let client = RegisteredClient::sandbox_demo(Vec::new());
    OpenBankingSettings {
        mode: OpenBankingMode::Sandbox,
        servers: servers.clone(),
        credentials: ClientCredentials { client_id: client.client_id, client_secret: client.client_secret },
        redirect_uri: REDIRECT.parse().unwrap(),
        webhook_url: None,
        webhook_scheme: WebhookScheme::Hmac,
        webhook_secrets: vec![Secret::new(WEBHOOK_SECRET.to_owned())],
        token_keys: vec![Secret::new(vec![5; 32])],
        providers: vec!["mock".to_owned()],
        aside_directory: None,
        retention_days: 30,
        payments: Some(PaymentSettings {
            signing_key: SIGNING_KEY.clone(),
            merchant_accounts: [Currency::GBP, Currency::EUR]
                .map(|of| (of, format!("merchant-{of}")))
                .to_vec(),
            return_uri: "http://127.0.0.1:9/my".parse().unwrap(),
        }),
    }
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// Opens a bank after `change` had its way with its side of the integration.
    pub async fn with(change: impl FnOnce(&mut OpenBankingSettings)) -> Self {
        let simulator = simulator().await;
        let mut own = settings(simulator.environment());
        change(&mut own);
        let app = App::with(|config| config.open_banking = Some(own)).await;
        // Every link leaves its first reading behind.
        app.leaves_jobs();
        Self { app, simulator }
    }

    /// Lets time pass here and there.
    pub async fn advance(&self, by: Duration) {
        self.app.bank.clock.advance(by);
        self.simulator.control().advance(by).await;
    }

    /// Begins a link to the mock bank.
    pub async fn begin(&self, person: &Person) -> Value {
        let body = json!({ "provider_id": "mock" });
        self.app.post(&format!("{BASE}/auth")).by(person).json(&body).send().await.expect(201).json()
    }

    /// Walks the usual user along a link and returns the query that they come back with.
    pub fn walk(&self, begun: &Value, outcome: AuthorizationOutcome) -> String {
        let link: Url = begun["auth_url"].as_str().unwrap().parse().unwrap();
        let walked = Authorization { outcome, ..Authorization::of(link) };
        let back = self.simulator.control().authorize(&walked).unwrap().unwrap();
        back.query().unwrap().to_owned()
    }

    /// Comes back with a query.
    pub async fn come_back(&self, person: &Person, query: &str) -> Answer {
        self.app.get(&format!("{BASE}/callback?{query}")).by(person).send().await
    }

    /// Links the mock bank.
    pub async fn link(&self, person: &Person) -> Value {
        let begun = self.begin(person).await;
        let query = self.walk(&begun, AuthorizationOutcome::Allow);
        self.come_back(person, &query).await.expect(200).json()
    }

    pub async fn connection(&self, person: &Person, id: &Value) -> Value {
        let path = format!("{BASE}/connections/{}", id.as_str().unwrap());
        self.app.get(&path).by(person).send().await.expect(200).json()
    }

    pub async fn connections(&self, person: &Person) -> Vec<Value> {
        let list = self.app.get(&format!("{BASE}/connections")).by(person).send().await.expect(200).json();
        list["items"].as_array().unwrap().clone()
    }
}
