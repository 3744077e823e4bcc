//! Who owns an account and who acts for its holders.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use axum::extract::State;
use axum::http::StatusCode;
use kernel::{AccountId, Instant, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::service::{self, AddOwner, RemoveOwner};
use super::super::{AccountOwner, OwnerRole};
use crate::audit::Reason;
use crate::web::{Json, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

/// Adds a person to an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddOwnerRequest {
    /// The person.
    user_id: UserId,
    /// What the person becomes.
    role: OwnerRole,
    /// Why; required of staff.
    reason: Option<Reason>,
}

/// Says why a person is removed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RemoveOwnerQuery {
    /// Why; required of staff.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    reason: Option<Reason>,
}

/// Shows who owns an account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnersResponse {
    /// The owners, the first holder first.
    items: Vec<OwnerResponse>,
}

/// Shows one owner.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnerResponse {
    /// The person.
    user_id: UserId,
    /// What the person is to the account.
    role: OwnerRole,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    added_at: Instant,
}

/// List an account's owners
#[utoipa::path(
    get, path = "/accounts/{id}/owners", tag = "accounts", operation_id = "list_owners",
    params(("id" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "The owners, the first holder first", body = OwnersResponse), Problems),
)]
pub(super) async fn list(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AccountId>,
) -> Result<Json<OwnersResponse>, Problem> {
    let owners = service::list_owners(&bank, &caller, id).await?;
    Ok(Json(OwnersResponse { items: owners.into_iter().map(Into::into).collect() }))
}

/// Add an owner
///
/// Customers name attorneys; staff add anybody, with a reason. The person must be verified to the product's level.
#[utoipa::path(
    post, path = "/accounts/{id}/owners", tag = "accounts", operation_id = "add_owner",
    params(("id" = AccountId, Path, description = "The account")),
    request_body = AddOwnerRequest,
    responses((status = 201, description = "The person is an owner", body = OwnerResponse), Problems),
)]
pub(super) async fn add(
    State(bank): State<Bank>,
    caller: Caller,
    Path(account): Path<AccountId>,
    Json(AddOwnerRequest { user_id, role, reason }): Json<AddOwnerRequest>,
) -> Result<(StatusCode, Json<OwnerResponse>), Problem> {
    let command = AddOwner { account, user: user_id, role, reason };
    let owner = service::add_owner(&bank, &caller, command).await?;
    Ok((StatusCode::CREATED, Json(owner.into())))
}

/// Remove an owner
///
/// Customers dismiss attorneys, attorneys resign; holders are removed by staff, the last one never.
#[utoipa::path(
    delete, path = "/accounts/{id}/owners/{user}", tag = "accounts", operation_id = "remove_owner",
    params(
        ("id" = AccountId, Path, description = "The account"),
        ("user" = UserId, Path, description = "The person"),
        RemoveOwnerQuery,
    ),
    responses((status = 204, description = "The person is no owner any more"), Problems),
)]
pub(super) async fn remove(
    State(bank): State<Bank>,
    caller: Caller,
    Path((account, user)): Path<(AccountId, UserId)>,
    Query(RemoveOwnerQuery { reason }): Query<RemoveOwnerQuery>,
) -> Result<StatusCode, Problem> {
    service::remove_owner(&bank, &caller, RemoveOwner { account, user, reason }).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<AccountOwner> for OwnerResponse {
    fn from(owner: AccountOwner) -> Self {
        Self { user_id: owner.user_id, role: owner.role, added_at: owner.added_at }
    }
}
