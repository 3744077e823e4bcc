//! The peer of the benchmark: a server of the same schema and rules that gives each payment a transaction of its own.
//!
//! What one writes first: read the request, begin, take the key, lock both accounts, insert, update, commit, over a pool
//! of connections. It leaves out what a bank needs besides (sessions, rate limits, audit, the seal), so that the ratio flatters it.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use bank::Bank;
use kernel::{AccountId, Actor, Money, TransferId, UserId};
use ledger::receipts::{self, ReceiptKey};
use ledger::{Action, Answer, Authority, NewTransfer, Posting};
use serde::Deserialize;
use serde_json::json;

use crate::config::Config;
use crate::say::say;
use crate::start::{self, Schema};

/// How many payments are made at once, as many as the spike's pool and pgbench have connections.
const CONNECTIONS: u32 = 32;

/// Holds the arguments of `bench naive`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Serves until it is killed.
pub(super) async fn run(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
    config.database.connections = CONNECTIONS;
    config.database.acquire_timeout = std::time::Duration::from_mins(1);
    let bank = start::open(&mut config, Schema::Expect).await?;
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    say(format_args!("a naive server listens on http://{}", listener.local_addr()?));
    say(format_args!("it is for benchmarks only"));
    axum::serve(listener, Router::new().fallback(answer).with_state(bank)).await?;
    Ok(())
}

/// Lets everybody in, and pays.
async fn answer(
    State(bank): State<Bank>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Result<(StatusCode, String), StatusCode> {
    match uri.path() {
        "/api/v1/auth/login" => Ok((StatusCode::OK, json!({ "access_token": "anybody" }).to_string())),
        "/api/v1/transfers" => pay(&bank, &headers, &body).await,
        _ => Err(StatusCode::NOT_FOUND),
    }
}

#[derive(Deserialize)]
struct Payment {
    from_account_id: AccountId,
    to_account_id: AccountId,
    amount: Money,
    reference: String,
}

async fn pay(bank: &Bank, headers: &HeaderMap, body: &str) -> Result<(StatusCode, String), StatusCode> {
    let payment: Payment = serde_json::from_str(body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let key =
        headers.get("idempotency-key").and_then(|key| key.to_str().ok()).ok_or(StatusCode::BAD_REQUEST)?;
    let key = ReceiptKey::new("naive", key, receipts::digest(&[body.as_bytes()]));
    let answer = post_one(bank, key, payment).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok((StatusCode::from_u16(answer.status).unwrap_or(StatusCode::CREATED), answer.body))
}

async fn post_one(bank: &Bank, key: ReceiptKey, payment: Payment) -> anyhow::Result<Answer> {
    let action = Action::Post {
        debit: payment.from_account_id,
        credit: payment.to_account_id,
        amount: payment.amount,
    };
    let id = TransferId::generate(bank.now(), &bank.random);
    let new = NewTransfer { reference: payment.reference, ..NewTransfer::new(id, action, "transfer") };
    let actor = Actor::Customer(UserId::generate(bank.now(), &bank.random));
    let posting = Posting { actor, authority: Authority::Customer, request_id: None };
    let tx = bank.db.begin().await?;
    if !receipts::claim(&tx, key, bank.now()).await? {
        let stored = receipts::find(&tx, key).await?;
        return stored.and_then(|stored| stored.answer()).ok_or_else(|| anyhow::anyhow!("a twin was faster"));
    }
    let answer = match bank.ledger.post(&tx, &posting, &[new]).await {
        Ok(posted) => {
            Answer { status: 201, body: json!(posted.first().map(|row| &row.transfer.id)).to_string() }
        }
        Err(ledger::PostError::Refused(refusal)) => Answer { status: 422, body: refusal.to_string() },
        Err(ledger::PostError::Storage(error)) => return Err(error.into()),
    };
    receipts::answer(&tx, key, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
