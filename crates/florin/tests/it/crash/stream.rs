//! Payments, each with its key, and what became of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::program::Program;

/// How many connections pay at once.
const PAYERS: usize = 4;
/// The text by which the test's own payments are told from the sample year's.
const REFERENCE: &str = "paid under fire";

/// Keeps what is known of every payment that was sent.
#[derive(Debug, Default)]
pub(super) struct Payments {
    /// By the transfer's id: the key it was made with.
    pub(super) booked: BTreeMap<String, String>,
    /// Keys of payments whose answer never came.
    pub(super) unknown: Vec<String>,
    /// Numbers the keys through all rounds.
    next: usize,
}

/// Holds a signed-in customer with two accounts.
#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub(super) client: Client,
    pub(super) base: String,
    pub(super) token: String,
    pub(super) accounts: [String; 2],
    pub(super) currency: String,
}

/// What one payment came to.
enum Outcome {
    Booked(String),
    Unknown,
}

impl Customer {
    /// Pays one minor unit under a key: the same request every time the key is used.
    async fn pay(&self, key: &str) -> Outcome {
        let body = json!({
            "from_account_id": self.accounts[0],
            "to_account_id": self.accounts[1],
            "amount": { "amount_minor": 1, "currency": self.currency },
            "reference": REFERENCE,
        });
        let request = self.client.post(format!("{}/transfers", self.base)).bearer_auth(&self.token);
        let Ok(response) = request.header("Idempotency-Key", key).json(&body).send().await else {
            return Outcome::Unknown;
        };
        let status = response.status();
        let Ok(answer) = response.json::<Value>().await else {
            return Outcome::Unknown;
        };
        match status {
            StatusCode::CREATED => Outcome::Booked(answer["id"].as_str().expect("an id").to_owned()),
            StatusCode::SERVICE_UNAVAILABLE => Outcome::Unknown,
            other => panic!("{other}: {answer}"),
        }
    }

    /// Returns the ids of the test's payments that stand on the account.
    pub(super) async fn booked(&self) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        let mut after: Option<String> = None;
        loop {
            let url = format!("{}/accounts/{}/transactions", self.base, self.accounts[0]);
            let mut query = vec![("limit", "200".to_owned()), ("text", REFERENCE.to_owned())];
            query.extend(after.take().map(|cursor| ("after", cursor)));
            let request = self.client.get(url).query(&query).bearer_auth(&self.token);
            let page: Value = request.send().await.expect("an answer").json().await.expect("JSON");
            let items = page["items"].as_array().unwrap_or_else(|| panic!("a page: {page}"));
            for item in items {
                let fresh = ids.insert(item["id"].as_str().expect("an id").to_owned());
                assert!(fresh, "{} stands twice on one account", item["id"]);
            }
            match page["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => return ids,
            }
        }
    }
}

/// Repeats every payment whose outcome is unknown, with its key, until each is known.
pub(super) async fn settle(customer: &Customer, payments: &mut Payments) {
    for key in std::mem::take(&mut payments.unknown) {
        match customer.pay(&key).await {
            Outcome::Booked(id) => drop(payments.booked.insert(id, key)),
            Outcome::Unknown => panic!("{key} cannot be settled while the program runs"),
        }
    }
}

/// Pays from several connections and kills the program after so many answers.
pub(super) async fn pay_until_killed(
    program: Program,
    customer: &Customer,
    payments: &mut Payments,
    answers: usize,
) {
    let answered = Arc::new(AtomicUsize::new(0));
    let enough = Arc::new(Notify::new());
    let mut payers = JoinSet::new();
    for payer in 0..PAYERS {
        let (customer, answered, enough) = (customer.clone(), answered.clone(), enough.clone());
        let first = payments.next;
        payers.spawn(async move {
            let mut done = Vec::new();
            for number in 0_usize.. {
                let key = format!("crash-{payer}-{}", first + number);
                let outcome = customer.pay(&key).await;
                let gone = matches!(outcome, Outcome::Unknown);
                done.push((key, outcome));
                if gone {
                    break;
                }
                if answered.fetch_add(1, Ordering::SeqCst) + 1 == answers {
                    enough.notify_one();
                }
            }
            done
        });
    }
    enough.notified().await;
    program.kill();
    while let Some(done) = payers.join_next().await {
        let done = done.expect("the payer did not panic");
        payments.next += done.len();
        for (key, outcome) in done {
            match outcome {
                Outcome::Booked(id) => drop(payments.booked.insert(id, key)),
                Outcome::Unknown => payments.unknown.push(key),
            }
        }
    }
}
