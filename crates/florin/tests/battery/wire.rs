//! Requests with everything that came back: headers, and the bytes as they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Client;
use serde_json::{Value, json};

use crate::client::Person;

/// A signed-in person's connections to one or more nodes; clones share them.
#[derive(Clone)]
pub struct Wire {
    client: Client,
    addresses: Arc<[String]>,
    token: String,
    next: Arc<AtomicUsize>,
}

/// Holds one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// Whether it says that it was given before.
    pub is_replay: bool,
    pub retry_after: Option<String>,
    pub bytes: Vec<u8>,
}

impl Wire {
    /// Signs a person in at the first address.
    pub async fn sign_in(addresses: Vec<String>, person: &Person) -> Self {
        let client = Client::builder().timeout(std::time::Duration::from_secs(40)).build().expect("a client");
        let (addresses, next) = (addresses.into(), Arc::new(AtomicUsize::new(0)));
        let mut wire = Self { client, addresses, token: String::new(), next };
        let body = json!({ "email": person.email, "password": person.password });
        let reply = wire.post("/api/v1/auth/login", None, &body).await.expect("an answer");
        let token = reply.json()["access_token"].as_str().map(str::to_owned);
        wire.token = token.unwrap_or_else(|| panic!("signing in: {}", reply.text()));
        wire
    }

    /// Takes over from a client that is signed in.
    pub fn of(client: &crate::client::Client) -> Self {
        let (address, token) = client.signed_in();
        let addresses = [address.to_owned()].into();
        Self { client: Client::new(), addresses, token: token.to_owned(), next: Arc::default() }
    }

    /// Turns to another address: the program listens on a new port after each start.
    pub fn turn_to(&mut self, address: &str) {
        self.addresses = [address.to_owned()].into();
    }

    /// Posts a body, to the nodes in turn.
    pub async fn post(&self, path: &str, key: Option<&str>, body: &Value) -> Result<Reply, String> {
        let mut request = self.client.post(self.url(path)).bearer_auth(&self.token).json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        answered(request).await
    }

    /// Reads a path, from the nodes in turn.
    pub async fn get(&self, path: &str) -> Result<Reply, String> {
        answered(self.client.get(self.url(path)).bearer_auth(&self.token)).await
    }

    fn url(&self, path: &str) -> String {
        let at = self.next.fetch_add(1, Ordering::Relaxed) % self.addresses.len();
        format!("http://{}{path}", self.addresses[at])
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Result<Reply, String> {
    let response = request.send().await.map_err(|error| error.to_string())?;
    let header =
        |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    let (status, retry_after) = (response.status().as_u16(), header("retry-after"));
    let is_replay = header("idempotency-replayed").is_some_and(|value| value == "true");
    let bytes = response.bytes().await.map_err(|error| error.to_string())?.to_vec();
    Ok(Reply { status, is_replay, retry_after, bytes })
}

impl Reply {
    /// Reads the body; null when it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Returns the problem's code; empty when there is none.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}
