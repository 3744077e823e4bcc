//! `/sim`: the levers over HTTP, in the sandbox only.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::Duration;
use http::StatusCode;
use kernel::Instant;
use serde::Deserialize;
use serde_json::{Value, json};

use super::levers::{AddedTransaction, Registration, UnmatchedMoney};
use super::links::Authorization;
use super::{Control, ControlError};
use crate::simulator::faults::Fault;
use crate::simulator::modes::Modes;
use crate::simulator::shared::Handle;

/// Lists the routes.
pub(in crate::simulator) fn routes() -> Router<Handle> {
    Router::new()
        .route("/sim", get(overview))
        .route("/sim/clock", post(clock))
        .route("/sim/authorize", post(authorize))
        .route("/sim/links/revoke", post(revoke))
        .route("/sim/links/expire", post(expire))
        .route("/sim/modes", get(modes).put(set_modes))
        .route("/sim/faults", post(add_fault))
        .route("/sim/transactions", post(add_transaction))
        .route("/sim/transactions/settle", post(settle))
        .route("/sim/events", post(fire))
        .route("/sim/calls", get(calls))
        .route("/sim/deliveries", get(deliveries))
        .route("/sim/client", post(register))
        .route("/sim/reset", post(reset))
        .route("/sim/payments/unmatched", post(unmatched))
        .route("/sim/payments/{id}/authorize", post(authorize_payment))
        .route("/sim/payments/{id}/reverse", post(reverse_payment))
}

fn answer(done: Result<Value, ControlError>) -> Response {
    match done {
        Ok(body) => Json(body).into_response(),
        Err(error) => {
            let status = match error {
                ControlError::NotFound => StatusCode::NOT_FOUND,
                ControlError::State => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            (status, Json(json!({ "error": error.to_string() }))).into_response()
        }
    }
}

async fn overview(State(shared): State<Handle>) -> Json<Value> {
    let control = Control::new(shared.clone());
    Json(json!({
        "now": shared.now(),
        "links": control.links(),
        "modes": control.modes(),
        "undelivered": control.undelivered(),
    }))
}

#[derive(Deserialize)]
struct ClockMove {
    #[serde(default)]
    advance_seconds: Option<i64>,
    #[serde(default)]
    at: Option<Instant>,
}

async fn clock(State(shared): State<Handle>, Json(body): Json<ClockMove>) -> Json<Value> {
    let control = Control::new(shared.clone());
    if let Some(at) = body.at {
        control.move_to(at).await;
    }
    if let Some(by) = body.advance_seconds.and_then(Duration::try_seconds) {
        control.advance(by).await;
    }
    Json(json!({ "now": shared.now() }))
}

async fn authorize(State(shared): State<Handle>, Json(body): Json<Authorization>) -> Response {
    answer(Control::new(shared).authorize(&body).map(|url| json!({ "redirect": url })))
}

#[derive(Deserialize)]
struct LinkName {
    credentials_id: String,
}

async fn revoke(State(shared): State<Handle>, Json(body): Json<LinkName>) -> Response {
    answer(Control::new(shared).revoke(&body.credentials_id).await.map(|()| json!({})))
}

async fn expire(State(shared): State<Handle>, Json(body): Json<LinkName>) -> Response {
    answer(Control::new(shared).expire(&body.credentials_id).map(|()| json!({})))
}

async fn modes(State(shared): State<Handle>) -> Json<Modes> {
    Json(Control::new(shared).modes())
}

async fn set_modes(State(shared): State<Handle>, Json(body): Json<Modes>) -> Json<Value> {
    Control::new(shared).set_modes(body);
    Json(json!({}))
}

async fn add_fault(State(shared): State<Handle>, Json(body): Json<Fault>) -> Json<Value> {
    Control::new(shared).add_fault(body);
    Json(json!({}))
}

async fn add_transaction(State(shared): State<Handle>, Json(body): Json<AddedTransaction>) -> Response {
    answer(Control::new(shared).add_transaction(&body).await.map(|()| json!({})))
}

#[derive(Deserialize)]
struct Settlement {
    credentials_id: String,
    account: String,
    #[serde(default = "whole")]
    percent: i64,
}

fn whole() -> i64 {
    100
}

async fn settle(State(shared): State<Handle>, Json(body): Json<Settlement>) -> Response {
    let settled = Control::new(shared).settle(&body.credentials_id, &body.account, body.percent).await;
    answer(settled.map(|rows| json!({ "settled": rows })))
}

#[derive(Deserialize)]
struct Event {
    r#type: String,
    resource_id: String,
}

async fn fire(State(shared): State<Handle>, Json(body): Json<Event>) -> Json<Value> {
    Control::new(shared).fire(&body.r#type, &body.resource_id).await;
    Json(json!({}))
}

async fn calls(State(shared): State<Handle>) -> Json<Value> {
    Json(json!({ "items": Control::new(shared).calls() }))
}

async fn deliveries(State(shared): State<Handle>) -> Json<Value> {
    Json(json!({ "items": Control::new(shared).deliveries() }))
}

async fn register(State(shared): State<Handle>, Json(body): Json<Registration>) -> Json<Value> {
    Control::new(shared).register(body);
    Json(json!({}))
}

#[derive(Deserialize)]
struct Seed {
    #[serde(default)]
    seed: u64,
}

async fn reset(State(shared): State<Handle>, Json(body): Json<Seed>) -> Json<Value> {
    Control::new(shared).reset(body.seed);
    Json(json!({}))
}

async fn unmatched(State(shared): State<Handle>, Json(body): Json<UnmatchedMoney>) -> Json<Value> {
    Control::new(shared).receive_unmatched(&body).await;
    Json(json!({}))
}

#[derive(Deserialize)]
struct Payer {
    username: String,
}

async fn authorize_payment(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    Json(body): Json<Payer>,
) -> Response {
    let returned = Control::new(shared).authorize_payment(&id, &body.username).await;
    answer(returned.map(|url| json!({ "redirect": url })))
}

async fn reverse_payment(State(shared): State<Handle>, Path(id): Path<String>) -> Response {
    answer(Control::new(shared).reverse_payment(&id, "disputed").await.map(|()| json!({})))
}
