//! Many payments with one commit.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use ledger::{Answer, AnswerFn, ItemOutcome};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::refusals::refusal_problem;
use super::shapes::{CreateTransferRequest, TransferResponse};
use super::transfers::{MOST_JUDGEMENTS, answered, booked, receipt};
use crate::idempotency::IdempotencyKey;
use crate::transfers::model::{BATCH_SIZE, NewPayment};
use crate::transfers::service;
use crate::web::{Json, Problem, Problems};
use crate::{Bank, Caller};

/// Asks for many payments.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTransfersRequest {
    /// Up to 1,000 payments, made in this order.
    #[schema(min_items = 1, max_items = 1000)]
    items: Vec<BatchItem>,
}

/// Asks for one payment of many.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchItem {
    /// The client's name for the payment, unique in the batch; it stands in the answer again.
    #[schema(min_length = 1, max_length = 64, example = "payroll-0001")]
    id: String,
    /// The payment.
    transfer: CreateTransferRequest,
}

/// Tells what became of every payment, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreateTransfersResponse {
    /// One for each payment.
    #[schema(value_type = Vec<BatchItemResponse>)]
    items: Vec<ItemAnswer>,
}

/// Tells what became of one payment: `transfer` or `problem`.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchItemResponse {
    /// The client's name for it.
    id: String,
    /// The status that the payment would have been answered with by itself.
    #[schema(example = 201)]
    status: u16,
    /// The payment, when it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<TransferResponse>,
    /// Why not, when it was not: a problem document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<serde_json::Value>,
}

/// The same shape as [`BatchItemResponse`], around documents that are written already.
#[derive(Debug, Serialize)]
struct ItemAnswer {
    id: String,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Box<RawValue>>,
}

/// Make up to 1,000 payments in order, in one commit; each is made or refused for itself.
///
/// Payees are accounts of one's own or were paid before, and no amount is above the step-up threshold.
#[utoipa::path(
    post, path = "/transfers/batch", operation_id = "create_transfers", tag = "transfers",
    params(("Idempotency-Key" = String, Header, description = "Repeats of the same key are answered alike", max_length = 255)),
    request_body = CreateTransfersRequest,
    responses((status = 200, description = "What became of each payment", body = CreateTransfersResponse), Problems)
)]
pub async fn create_transfers(
    State(bank): State<Bank>,
    caller: Caller,
    key: IdempotencyKey,
    Json(request): Json<CreateTransfersRequest>,
) -> Result<Response, Problem> {
    let (names, payments): (Vec<_>, Vec<_>) = parse(&bank, request)?.into_iter().unzip();
    let names = Arc::new(names);
    for _ in 0..MOST_JUDGEMENTS {
        let judged = service::prepare_batch(&bank, &caller, &payments).await?;
        let mut planned = Vec::with_capacity(judged.len());
        let refused = judged.into_iter().map(|one| one.map(|one| planned.push(one)).err().map(Problem::from));
        let refused: Vec<Option<Problem>> = refused.collect();
        let receipt = receipt(&caller, &key, answer_many(refused, names.clone()));
        match service::submit_batch(&bank, &caller, planned, receipt).await {
            Err(error) if error.is_outdated() => {}
            done => return Ok(answered(done?)),
        }
    }
    Err(Problem::unavailable(1))
}

fn parse(bank: &Bank, request: CreateTransfersRequest) -> Result<Vec<(String, NewPayment)>, Problem> {
    if !(1..=BATCH_SIZE).contains(&request.items.len()) {
        return Err(Problem::invalid_field("/items", "1 to 1,000 payments"));
    }
    let mut names = HashSet::new();
    let mut payments = Vec::with_capacity(request.items.len());
    for (index, item) in request.items.into_iter().enumerate() {
        let printable = item.id.chars().all(|letter| letter.is_ascii_graphic());
        if item.id.is_empty() || item.id.len() > 64 || !printable {
            return Err(Problem::invalid_field(
                format!("/items/{index}/id"),
                "1 to 64 visible ASCII characters",
            ));
        }
        if !names.insert(item.id.clone()) {
            return Err(Problem::invalid_field(format!("/items/{index}/id"), "stands twice in this batch"));
        }
        payments.push((item.id, item.transfer.parse(bank, &format!("/items/{index}/transfer"))?));
    }
    Ok(payments)
}

/// Says in JSON what became of every payment, in the order of the request; stored as it is.
///
/// The ledger was not asked about those that were refused before.
fn answer_many(refused: Vec<Option<Problem>>, names: Arc<Vec<String>>) -> AnswerFn {
    Arc::new(move |outcomes| {
        let mut outcomes = outcomes.iter();
        let items = refused.iter().zip(names.iter()).map(|(refused, name)| match refused {
            Some(problem) => answer_refusal(problem, name),
            None => answer_item(outcomes.next(), name),
        });
        let items = items.collect();
        let body = serde_json::to_string(&CreateTransfersResponse { items }).unwrap_or_default();
        Answer { status: 200, body }
    })
}

fn answer_item(outcome: Option<&ItemOutcome>, name: &str) -> ItemAnswer {
    match outcome {
        Some(Ok(posted)) => {
            let transfer = RawValue::from_string(booked(posted)).ok();
            ItemAnswer { id: name.to_owned(), status: 201, transfer, problem: None }
        }
        Some(Err(refusal)) => answer_refusal(&refusal_problem(refusal), name),
        None => answer_refusal(&Problem::unavailable(1), name),
    }
}

fn answer_refusal(problem: &Problem, name: &str) -> ItemAnswer {
    let status = problem.status().as_u16();
    let document =
        String::from_utf8(problem.to_json()).ok().and_then(|text| RawValue::from_string(text).ok());
    ItemAnswer { id: name.to_owned(), status, transfer: None, problem: document }
}
