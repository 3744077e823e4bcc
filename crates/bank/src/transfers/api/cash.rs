//! Cash operations.

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use kernel::{AccountId, Money, TransferId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::shapes::{ForeseenResponse, TransferResponse, WaitingResponse};
use super::transfers::done;
use crate::audit::Reason;
use crate::idempotency::{self, Begun, IdempotencyKey};
use crate::transfers::model::{CashKind, CashOperation, reference_fault};
use crate::transfers::service;
use crate::web::{Json, Problem, Problems};
use crate::{Bank, Caller};

/// Asks for a cash operation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperateCashRequest {
    /// What happens at the counter.
    kind: CashKind,
    /// The customer's account.
    account_id: AccountId,
    /// How much; above zero, in the account's currency.
    amount: Money,
    /// What the customer reads on the statement.
    #[serde(default)]
    #[schema(max_length = 140, example = "Paid in at the branch")]
    reference: String,
    /// Why; kept in the audit log.
    reason: Reason,
    /// The day it counts on, in an open month; today when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    effective_on: Option<NaiveDate>,
}

/// Book cash at the counter, or a correction. Operations only.
///
/// At or above the bank's threshold it waits for a second person (202).
#[utoipa::path(
    post, path = "/cash-operations", operation_id = "operate_cash", tag = "transfers",
    params(("Idempotency-Key" = String, Header, description = "Repeats of the same key are answered alike", max_length = 255)),
    request_body = OperateCashRequest,
    responses(
        (status = 201, description = "Booked", body = TransferResponse),
        (status = 202, description = "Waits for a second person", body = WaitingResponse),
        Problems
    )
)]
pub async fn operate_cash(
    State(bank): State<Bank>,
    caller: Caller,
    key: IdempotencyKey,
    Json(request): Json<OperateCashRequest>,
) -> Result<Response, Problem> {
    let operation = parse(&bank, request)?;
    let attempt = match idempotency::begin(&bank, &caller, &key).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(attempt) => attempt,
    };
    let outcome = service::operate_cash(&bank, attempt.tx(), &caller, operation).await;
    attempt.finish(outcome.map(done).map_err(Problem::from)).await
}

/// Tell what a cash operation would do, without booking it. Operations only.
#[utoipa::path(
    post, path = "/cash-operations/preview", operation_id = "preview_cash", tag = "transfers",
    request_body = OperateCashRequest,
    responses((status = 200, description = "What it would do at this moment", body = ForeseenResponse), Problems)
)]
pub async fn preview_cash(
    State(bank): State<Bank>,
    caller: Caller,
    Json(request): Json<OperateCashRequest>,
) -> Result<Json<ForeseenResponse>, Problem> {
    let operation = parse(&bank, request)?;
    Ok(Json(service::foresee_cash(&bank, &caller, &operation).await?.into()))
}

fn parse(bank: &Bank, request: OperateCashRequest) -> Result<CashOperation, Problem> {
    if !request.amount.is_positive() {
        return Err(Problem::invalid_field("/amount/amount_minor", "must be above zero"));
    }
    if let Some(fault) = reference_fault(&request.reference) {
        return Err(Problem::invalid_field("/reference", fault));
    }
    Ok(CashOperation {
        id: TransferId::generate(bank.now(), &bank.random),
        kind: request.kind,
        account_id: request.account_id,
        amount: request.amount,
        reference: request.reference,
        reason: request.reason,
        effective_on: request.effective_on,
    })
}
