//! A customer who pays over one kept-open connection, and what became of each payment.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::connection::{Call, Connection};

/// How long an answer may take: longer than every limit inside the program.
const PATIENCE: Duration = Duration::from_secs(40);

/// Names one who can sign in, as `bench prepare` and `demo --credentials-file` write it.
#[derive(Clone, Debug, Deserialize)]
pub struct Person {
    pub role: String,
    pub email: String,
    pub password: String,
    /// Base 32; members of staff have one.
    #[serde(default)]
    pub totp_secret: Option<String>,
    pub accounts: Vec<Holding>,
}

/// Names one account.
#[derive(Clone, Debug, Deserialize)]
pub struct Holding {
    pub id: String,
    pub currency: String,
}

/// Asks for one payment: the same request every time the key is used. Its reference is the key.
#[derive(Clone, Debug)]
pub struct Payment {
    pub key: String,
    pub from: String,
    pub to: String,
    pub amount_minor: i64,
    pub currency: String,
}

/// What a payment came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Acknowledged, with the transfer's id.
    Booked(String),
    /// Refused for good, with the problem's code.
    Refused(String),
    /// Nobody knows: no answer came, or one that says so. The text says which.
    Unknown(String),
}

/// Holds what an account has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    pub available_minor: i64,
    pub ledger_minor: i64,
}

/// A signed-in caller; a clone has a connection of its own.
pub struct Client {
    pub person: Person,
    address: String,
    authorization: Option<String>,
    connection: Option<Connection>,
    patience: Duration,
}

impl Clone for Client {
    fn clone(&self) -> Self {
        let (person, address) = (self.person.clone(), self.address.clone());
        let authorization = self.authorization.clone();
        Self { person, address, authorization, connection: None, patience: self.patience }
    }
}

impl Client {
    /// Signs a customer in.
    pub async fn sign_in(address: &str, person: &Person) -> Self {
        let (person, address) = (person.clone(), address.to_owned());
        let mut client = Self { person, address, authorization: None, connection: None, patience: PATIENCE };
        let body = json!({ "email": client.person.email, "password": client.person.password });
        let (status, answer) = client.post("/api/v1/auth/login", &body).await.expect("an answer");
        let token = answer["access_token"].as_str();
        let token = token.unwrap_or_else(|| panic!("signing in: {status} {answer}"));
        client.authorization = Some(format!("Bearer {token}"));
        client
    }

    /// Returns where the client turns to, and the token that it shows.
    pub fn signed_in(&self) -> (&str, &str) {
        let token = self.authorization.as_deref().and_then(|text| text.strip_prefix("Bearer "));
        (&self.address, token.expect("a client that is signed in"))
    }

    /// Turns to another address: the program listens on a new port after each start.
    pub fn turn_to(&mut self, address: &str) {
        address.clone_into(&mut self.address);
        self.connection = None;
    }

    /// Waits at most this long for an answer.
    pub fn be_patient_for(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Pays under the payment's key.
    pub async fn pay(&mut self, payment: &Payment) -> Outcome {
        self.pay_under(payment, &payment.key).await
    }

    /// Pays under another key, which a careful caller never does.
    pub async fn pay_under(&mut self, payment: &Payment, key: &str) -> Outcome {
        let body = json!({
            "from_account_id": payment.from,
            "to_account_id": payment.to,
            "amount": { "amount_minor": payment.amount_minor, "currency": payment.currency },
            "reference": payment.key,
        });
        let call = self.call(Method::POST, "/api/v1/transfers", body.to_string());
        let (status, answer) = match self.send(Call { key: Some(key.to_owned()), ..call }).await {
            Ok(answer) => answer,
            Err(why) => return Outcome::Unknown(why),
        };
        let code = || answer["code"].as_str().unwrap_or_default().to_owned();
        match status {
            StatusCode::CREATED => Outcome::Booked(answer["id"].as_str().expect("an id").to_owned()),
            // A twin in flight says nothing of its end; the caller's own limit is no refusal of the payment.
            StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                Outcome::Unknown(format!("{} {}", status.as_u16(), code()))
            }
            status if status.is_server_error() => Outcome::Unknown(format!("{} {}", status.as_u16(), code())),
            status if status.is_client_error() => Outcome::Refused(code()),
            other => panic!("{other}: {answer}"),
        }
    }

    /// Reads what an account has.
    pub async fn balance(&mut self, account: &str) -> Balance {
        let (status, answer) = self.get(&format!("/api/v1/accounts/{account}")).await.expect("an answer");
        let minor = |name: &str| {
            let amount = answer["balance"][name]["amount_minor"].as_i64();
            amount.unwrap_or_else(|| panic!("{name}: {status} {answer}"))
        };
        Balance { available_minor: minor("available"), ledger_minor: minor("ledger") }
    }

    /// Reads all transactions of an account with a text in them, newest first.
    pub async fn transactions(&mut self, account: &str, text: &str) -> Vec<Value> {
        let mut found = Vec::new();
        let mut after = String::new();
        loop {
            let path = format!("/api/v1/accounts/{account}/transactions?limit=200&text={text}{after}");
            let (status, mut page) = self.get(&path).await.expect("an answer");
            let Some(items) = page["items"].as_array_mut() else { panic!("{status} {page}") };
            found.append(items);
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return found,
            }
        }
    }

    /// Reads a path.
    pub async fn get(&mut self, path: &str) -> Result<(StatusCode, Value), String> {
        let call = self.call(Method::GET, path, String::new());
        self.send(call).await
    }

    /// Posts a body to a path, without a key.
    pub async fn post(&mut self, path: &str, body: &Value) -> Result<(StatusCode, Value), String> {
        let call = self.call(Method::POST, path, body.to_string());
        self.send(call).await
    }

    fn call(&self, method: Method, path: &str, body: String) -> Call {
        let authorization = self.authorization.clone();
        Call { method, path: path.to_owned(), authorization, key: None, body }
    }

    /// Sends a request; a connection on which anything went wrong is not used again.
    async fn send(&mut self, call: Call) -> Result<(StatusCode, Value), String> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.address).await.map_err(|error| format!("{error:#}"))?,
        };
        let sent = tokio::time::timeout(self.patience, connection.send(&call)).await;
        let (status, body) =
            sent.map_err(|_| "no answer in time".to_owned())?.map_err(|error| error.to_string())?;
        self.connection = Some(connection);
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Ok((status, body))
    }
}
