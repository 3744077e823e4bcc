//! Capturing and releasing holds.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::{Money, TransferId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::shapes::TransferResponse;
use super::transfers::json;
use crate::idempotency::{self, Begun, IdempotencyKey};
use crate::transfers::model::Payment;
use crate::transfers::service;
use crate::web::{Json, Path, Problem, Problems};
use crate::{Bank, Caller};

/// Asks for a capture.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptureTransferRequest {
    /// How much, at most what is held; the whole when absent. The rest is released.
    #[serde(default)]
    amount: Option<Money>,
}

/// Asks for a release; nothing needs to be said.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseTransferRequest {}

/// Move what a hold reserved, or part of it; the rest is released.
///
/// On an account where all holders sign, each captures in turn; the last signature moves the money.
#[utoipa::path(
    post, path = "/transfers/{id}/capture", operation_id = "capture_transfer", tag = "transfers",
    params(
        ("id" = TransferId, Path, description = "The hold"),
        ("Idempotency-Key" = String, Header, description = "Repeats of the same key are answered alike", max_length = 255)
    ),
    request_body = CaptureTransferRequest,
    responses(
        (status = 201, description = "Captured", body = TransferResponse),
        (status = 202, description = "Signed; other holders have yet to sign", body = TransferResponse),
        Problems
    )
)]
pub async fn capture_transfer(
    State(bank): State<Bank>,
    caller: Caller,
    Path(hold): Path<TransferId>,
    key: IdempotencyKey,
    Json(request): Json<CaptureTransferRequest>,
) -> Result<Response, Problem> {
    if request.amount.is_some_and(|amount| !amount.is_positive()) {
        return Err(Problem::invalid_field("/amount/amount_minor", "must be above zero"));
    }
    let attempt = match idempotency::begin(&bank, &caller, &key).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(attempt) => attempt,
    };
    let outcome = service::capture(&bank, attempt.tx(), &caller, hold, request.amount).await;
    attempt.finish(outcome.map(captured).map_err(Problem::from)).await
}

/// Give a hold back.
#[utoipa::path(
    post, path = "/transfers/{id}/release", operation_id = "release_transfer", tag = "transfers",
    params(
        ("id" = TransferId, Path, description = "The hold"),
        ("Idempotency-Key" = String, Header, description = "Repeats of the same key are answered alike", max_length = 255)
    ),
    request_body = ReleaseTransferRequest,
    responses((status = 201, description = "Released", body = TransferResponse), Problems)
)]
pub async fn release_transfer(
    State(bank): State<Bank>,
    caller: Caller,
    Path(hold): Path<TransferId>,
    key: IdempotencyKey,
    Json(request): Json<ReleaseTransferRequest>,
) -> Result<Response, Problem> {
    let attempt = match idempotency::begin(&bank, &caller, &key).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(attempt) => attempt,
    };
    // The body says nothing; it is read so that a stray field is not taken for one that counts.
    let ReleaseTransferRequest {} = request;
    let outcome = service::release(&bank, attempt.tx(), &caller, hold).await;
    attempt.finish(outcome.map(created).map_err(Problem::from)).await
}

/// Answers 202 while signatures are missing.
fn captured(payment: Payment) -> (StatusCode, serde_json::Value) {
    let status =
        if payment.signatures_missing.is_some() { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    (status, json(&TransferResponse::from(payment)))
}

fn created(payment: Payment) -> (StatusCode, serde_json::Value) {
    (StatusCode::CREATED, json(&TransferResponse::from(payment)))
}
