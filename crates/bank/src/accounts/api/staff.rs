//! Stopping accounts and letting them move again: staff only, with a reason.

use axum::extract::State;
use kernel::AccountId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::{StatusChange, service};
use super::body::AccountResponse;
use crate::audit::Reason;
use crate::web::{Json, Path, Problem, Problems};
use crate::{Bank, Caller};

/// Gives the reason of a change by staff.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusChangeRequest {
    /// Why.
    reason: Reason,
}

/// Freeze an account
///
/// Nothing moves until it is unfrozen; holds stay, but are not captured.
#[utoipa::path(
    post, path = "/accounts/{id}/freeze", tag = "accounts", operation_id = "freeze_account",
    params(("id" = AccountId, Path, description = "The account")),
    request_body = StatusChangeRequest,
    responses((status = 200, description = "The account is frozen", body = AccountResponse), Problems),
)]
pub(super) async fn freeze(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Json(StatusChangeRequest { reason }): Json<StatusChangeRequest>,
) -> Result<Json<AccountResponse>, Problem> {
    let sheet = service::set_status(&bank, &caller, id, StatusChange::Freeze, reason).await?;
    Ok(Json(sheet.into()))
}

/// Block an account's debits
///
/// Money may come and holds placed before may be captured; nothing else leaves.
#[utoipa::path(
    post, path = "/accounts/{id}/block-debits", tag = "accounts", operation_id = "block_debits",
    params(("id" = AccountId, Path, description = "The account")),
    request_body = StatusChangeRequest,
    responses((status = 200, description = "Debits are blocked", body = AccountResponse), Problems),
)]
pub(super) async fn block_debits(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Json(StatusChangeRequest { reason }): Json<StatusChangeRequest>,
) -> Result<Json<AccountResponse>, Problem> {
    let sheet = service::set_status(&bank, &caller, id, StatusChange::BlockDebits, reason).await?;
    Ok(Json(sheet.into()))
}

/// Unfreeze an account
///
/// Ends a freeze as well as a block of debits.
#[utoipa::path(
    post, path = "/accounts/{id}/unfreeze", tag = "accounts", operation_id = "unfreeze_account",
    params(("id" = AccountId, Path, description = "The account")),
    request_body = StatusChangeRequest,
    responses((status = 200, description = "The account is open", body = AccountResponse), Problems),
)]
pub(super) async fn unfreeze(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Json(StatusChangeRequest { reason }): Json<StatusChangeRequest>,
) -> Result<Json<AccountResponse>, Problem> {
    let sheet = service::set_status(&bank, &caller, id, StatusChange::Unfreeze, reason).await?;
    Ok(Json(sheet.into()))
}
