//! The control of the money harnesses: a server that speaks like the bank and makes the mistakes that they look for.
//!
//! It looks at a balance, lets others in, and then acts on what it saw; it keeps no keys; and it locks two accounts in
//! the order in which they are named. A harness that calls it sound proves nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::Mutex as Lock;

use crate::client::{Client, Holding, Person};
use crate::journal::Booking;
use crate::limits::pause;

/// The accounts that it begins with, and what each has.
const ACCOUNTS: usize = 10;
pub const WEALTH: i64 = 1_000_000;
/// How long it waits for the second lock.
const PATIENCE: Duration = Duration::from_millis(20);

type Answer = (StatusCode, Json<Value>);

/// Holds everything in memory; clones share it.
#[derive(Clone, Default)]
pub struct Naive(Arc<Mutex<Books>>);

#[derive(Default)]
struct Books {
    balances: BTreeMap<String, i64>,
    locks: BTreeMap<String, Arc<Lock<()>>>,
    holds: BTreeMap<String, Value>,
    bookings: Vec<Booking>,
    /// How many payments were named.
    named: usize,
}

impl Naive {
    /// Starts it and returns its address.
    pub async fn start() -> (Self, String) {
        let naive = Self::default();
        for number in 0..ACCOUNTS {
            naive.books().open(&format!("acc_{number}"), WEALTH);
        }
        let router = Router::new()
            .route("/api/v1/auth/login", post(async || Json(json!({ "access_token": "t" }))))
            .route("/api/v1/accounts", post(open))
            .route("/api/v1/accounts/{id}", get(show))
            .route("/api/v1/transfers", post(pay))
            .route("/api/v1/transfers/{id}", get(show_hold))
            .route("/api/v1/transfers/{id}/{deed}", post(resolve))
            .with_state(naive.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (naive, address)
    }

    /// Returns its one customer.
    pub fn person() -> Person {
        let holding = |number| Holding { id: format!("acc_{number}"), currency: "GBP".to_owned() };
        Person {
            role: "customer".to_owned(),
            email: "n".to_owned(),
            password: "n".to_owned(),
            totp_secret: None,
            accounts: (0..ACCOUNTS).map(holding).collect(),
        }
    }

    /// Signs its customer in.
    pub async fn client(address: &str) -> Client {
        Client::sign_in(address, &Self::person()).await
    }

    /// Lists what was booked.
    pub fn bookings(&self) -> Vec<Booking> {
        self.books().bookings.clone()
    }

    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.0.lock().expect("nobody panicked")
    }
}

impl Books {
    fn open(&mut self, id: &str, minor: i64) {
        self.balances.insert(id.to_owned(), minor);
        self.locks.insert(id.to_owned(), Arc::default());
    }

    /// Names a payment; it makes many mistakes, but not that of naming two alike.
    fn next_id(&mut self) -> String {
        self.named += 1;
        format!("trf_{}", self.named)
    }
}

async fn open(State(naive): State<Naive>) -> Answer {
    let id = format!("acc_{}", naive.books().balances.len());
    naive.books().open(&id, 0);
    (StatusCode::CREATED, Json(json!({ "id": id })))
}

async fn show(State(naive): State<Naive>, Path(id): Path<String>) -> Json<Value> {
    let amount = json!({ "amount_minor": naive.books().balances[&id] });
    Json(json!({ "balance": { "available": amount, "ledger": amount } }))
}

async fn pay(State(naive): State<Naive>, Json(body): Json<Value>) -> Answer {
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (from, to, amount) =
        (text("from_account_id"), text("to_account_id"), body["amount"]["amount_minor"].as_i64());
    let amount = amount.unwrap_or_default();
    let (seen, others, locks) = {
        let books = naive.books();
        (books.balances[&from], books.balances[&to], [books.locks[&from].clone(), books.locks[&to].clone()])
    };
    pause(Duration::from_millis(1)).await;
    if seen < amount {
        return refused("insufficient_funds");
    }
    let id = naive.books().next_id();
    if body["mode"] == "hold" {
        let hold = json!({ "id": id, "status": "pending", "from": from, "to": to, "amount": amount });
        naive.books().holds.insert(id.clone(), hold.clone());
        naive.books().bookings.push(Booking { key: text("reference"), id });
        return (StatusCode::CREATED, Json(hold));
    }
    let _first = locks[0].lock().await;
    // Others come in between, as they would while a database is asked for each lock.
    tokio::task::yield_now().await;
    let Ok(_second) = tokio::time::timeout(PATIENCE, locks[1].lock()).await else {
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "code": "deadlock" })));
    };
    let mut books = naive.books();
    *books.balances.get_mut(&from).expect("known") -= amount;
    books.balances.insert(to, others + amount);
    books.bookings.push(Booking { key: text("reference"), id: id.clone() });
    (StatusCode::CREATED, Json(json!({ "id": id })))
}

async fn show_hold(State(naive): State<Naive>, Path(id): Path<String>) -> Json<Value> {
    Json(naive.books().holds[&id].clone())
}

async fn resolve(State(naive): State<Naive>, Path((id, deed)): Path<(String, String)>) -> Answer {
    let hold = naive.books().holds[&id].clone();
    pause(Duration::from_millis(1)).await;
    if hold["status"] != "pending" {
        return refused("hold_not_pending");
    }
    let mut books = naive.books();
    if deed == "capture" {
        let amount = hold["amount"].as_i64().unwrap_or_default();
        *books.balances.get_mut(hold["from"].as_str().unwrap_or_default()).expect("known") -= amount;
    }
    books.holds.get_mut(&id).expect("known")["status"] = json!(format!("{deed}d"));
    (StatusCode::CREATED, Json(json!({ "id": id })))
}

fn refused(code: &str) -> Answer {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "code": code })))
}
