//! One payment: making it, showing it, taking it back.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::{RequestId, TransferId};
use ledger::{Answer, AnswerFn, Receipt, Submitted};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::refusals::refusal_problem;
use super::shapes::{CreateTransferRequest, ForeseenResponse, TransferResponse, WaitingResponse};
use crate::audit::Reason;
use crate::idempotency::{self, Begun, IdempotencyKey};
use crate::transfers::model::{Done, NewPayment, Payment, Reversal, TransferError};
use crate::transfers::service::{self, Planned};
use crate::web::{Json, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

/// How often a payment is judged when rights to its accounts change at the same moment, before it is told to come
/// back.
pub(super) const MOST_JUDGEMENTS: usize = 3;

/// Pay from an account, now or as a hold.
///
/// A payee who was never paid before is looked up first (`POST payee-lookups`); the first payment, and any above
/// the step-up threshold, answers `challenge_required` with a `challenge_id` to answer and send again.
#[utoipa::path(
    post, path = "/transfers", operation_id = "create_transfer", tag = "transfers",
    params(("Idempotency-Key" = String, Header, description = "Repeats of the same key are answered alike", max_length = 255)),
    request_body = CreateTransferRequest,
    responses((status = 201, description = "Booked or held", body = TransferResponse), Problems)
)]
pub async fn create_transfer(
    State(bank): State<Bank>,
    caller: Caller,
    key: IdempotencyKey,
    Json(request): Json<CreateTransferRequest>,
) -> Result<Response, Problem> {
    let payment = request.parse(&bank, "")?;
    for _ in 0..MOST_JUDGEMENTS {
        let planned = match service::prepare(&bank, &caller, &payment).await {
            Ok(planned) => planned,
            Err(error) => return refuse(&bank, &caller, &key, error.into()).await,
        };
        if planned.needs_persons() {
            return confirmed(&bank, &caller, &key, (&payment, &planned)).await;
        }
        let receipt =
            Receipt { shows_transfer: true, ..receipt(&caller, &key, answer_one(caller.request_id)) };
        match service::submit(&bank, &caller, planned, receipt).await {
            Err(error) if error.is_outdated() => {}
            done => return Ok(answered(done?)),
        }
    }
    Err(Problem::unavailable(1))
}

/// Keeps a refusal that came before the ledger was asked, unless the request was answered before: the world may
/// have changed since then, and a repeated request still gets its first answer.
async fn refuse(
    bank: &Bank,
    caller: &Caller,
    key: &IdempotencyKey,
    problem: Problem,
) -> Result<Response, Problem> {
    match begin(bank, caller, key).await? {
        Begun::Replay(response) => Ok(response),
        Begun::Fresh(attempt) => attempt.finish(Err::<(StatusCode, ()), _>(problem)).await,
    }
}

/// Makes a payment in a transaction of its own; a step-up that is missing is begun there, and then asked for.
async fn confirmed(
    bank: &Bank,
    caller: &Caller,
    key: &IdempotencyKey,
    planned: (&NewPayment, &Planned),
) -> Result<Response, Problem> {
    let attempt = match begin(bank, caller, key).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(attempt) => attempt,
    };
    match service::create_confirmed(bank, attempt.tx(), caller, planned).await {
        Err(error @ TransferError::Challenge(_)) => attempt.postpone(error.into()).await,
        outcome => {
            let made = outcome.map(|payment| (StatusCode::CREATED, json(&TransferResponse::from(payment))));
            attempt.finish(made.map_err(Problem::from)).await
        }
    }
}

/// Claims the key, or finds what was answered under it, perhaps by the ledger itself.
async fn begin(bank: &Bank, caller: &Caller, key: &IdempotencyKey) -> Result<Begun, Problem> {
    idempotency::begin_showing(bank, caller, key, &answer_one(caller.request_id)).await
}

/// Asks the ledger to keep the answer under the caller's key.
pub(super) fn receipt(caller: &Caller, key: &IdempotencyKey, answer: AnswerFn) -> Receipt {
    Receipt { key: key.receipt(caller.actor), answer, shows_transfer: false }
}

/// Sends what the ledger kept.
pub(super) fn answered(submitted: Submitted) -> Response {
    match submitted {
        Submitted::Replayed(stored) => idempotency::replayed(stored.status, stored.body),
        Submitted::Decided { answer: Some(answer), .. } => idempotency::rendered(answer.status, answer.body),
        Submitted::Decided { answer: None, .. } => Problem::unavailable(1).into_response(),
    }
}

/// Says in JSON what the ledger said about one payment; stored as it is.
fn answer_one(request_id: RequestId) -> AnswerFn {
    Arc::new(move |items| match items.first() {
        Some(Ok(posted)) => Answer { status: 201, body: booked(posted) },
        Some(Err(refusal)) => refused(&refusal_problem(refusal), request_id),
        None => refused(&Problem::not_found(), request_id),
    })
}

/// Shows a payment that was just made.
pub(super) fn booked(posted: &[ledger::Posted]) -> String {
    let Some(first) = posted.first() else { return "{}".to_owned() };
    let payment = Payment::fresh(first.transfer.clone());
    serde_json::to_string(&TransferResponse::from(payment)).unwrap_or_default()
}

fn refused(problem: &Problem, request_id: RequestId) -> Answer {
    let problem = problem.clone().request_id(request_id);
    let body = String::from_utf8(problem.to_json()).unwrap_or_default();
    Answer { status: problem.status().as_u16(), body }
}

/// Show one payment.
#[utoipa::path(
    get, path = "/transfers/{id}", operation_id = "get_transfer", tag = "transfers",
    params(("id" = TransferId, Path, description = "The payment")),
    responses((status = 200, description = "The payment", body = TransferResponse), Problems)
)]
pub async fn get_transfer(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<TransferId>,
) -> Result<Json<TransferResponse>, Problem> {
    Ok(Json(service::find(&bank, &caller, id).await?.into()))
}

/// Asks for a reversal.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseTransferRequest {
    /// Why; kept in the audit log.
    reason: Reason,
    /// Whether the account may fall below its overdraft limit; takes a second person.
    #[serde(default)]
    force: bool,
}

/// Take a payment back, with everything it was linked to. Staff only.
///
/// At or above the bank's threshold, or when forced, it waits for a second person (202).
#[utoipa::path(
    post, path = "/transfers/{id}/reverse", operation_id = "reverse_transfer", tag = "transfers",
    params(
        ("id" = TransferId, Path, description = "The payment"),
        ("Idempotency-Key" = String, Header, description = "Repeats of the same key are answered alike", max_length = 255)
    ),
    request_body = ReverseTransferRequest,
    responses(
        (status = 201, description = "Reversed", body = TransferResponse),
        (status = 202, description = "Waits for a second person", body = WaitingResponse),
        Problems
    )
)]
pub async fn reverse_transfer(
    State(bank): State<Bank>,
    caller: Caller,
    Path(transfer_id): Path<TransferId>,
    key: IdempotencyKey,
    Json(request): Json<ReverseTransferRequest>,
) -> Result<Response, Problem> {
    let attempt = match idempotency::begin(&bank, &caller, &key).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(attempt) => attempt,
    };
    let id = TransferId::generate(bank.now(), &bank.random);
    let reversal = Reversal { id, transfer_id, reason: request.reason, force: request.force };
    let outcome = service::reverse(&bank, attempt.tx(), &caller, reversal).await;
    attempt.finish(outcome.map(done).map_err(Problem::from)).await
}

/// Chooses by which rules a reversal is judged.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PreviewReversalQuery {
    /// Whether the account may fall below its overdraft limit; takes a second person.
    #[serde(default)]
    force: bool,
}

/// Tell what reversing a payment would do, without doing it. Staff only.
#[utoipa::path(
    get, path = "/transfers/{id}/reversal", operation_id = "preview_reversal", tag = "transfers",
    params(("id" = TransferId, Path, description = "The payment"), PreviewReversalQuery),
    responses((status = 200, description = "What it would do at this moment", body = ForeseenResponse), Problems)
)]
pub async fn preview_reversal(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<TransferId>,
    Query(query): Query<PreviewReversalQuery>,
) -> Result<Json<ForeseenResponse>, Problem> {
    Ok(Json(service::foresee_reversal(&bank, &caller, (id, query.force)).await?.into()))
}

/// Answers with the payment, or with the approval that it waits for.
pub(super) fn done(done: Done<Payment>) -> (StatusCode, serde_json::Value) {
    match done {
        Done::Now(payment) => (StatusCode::CREATED, json(&TransferResponse::from(payment))),
        Done::Waiting(approval) => (StatusCode::ACCEPTED, json(&WaitingResponse::new(approval))),
    }
}

pub(super) fn json(shape: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(shape).unwrap_or_default()
}
