//! Opening, listing, showing, naming, limiting and closing.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::{AccountId, CountryCode, Money, UserId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::super::service::{self, AccountFilter};
use super::super::{LimitChange, Nickname, OpenAccount, Setting};
use super::body::{AccountResponse, OptionalReasonRequest, Status};
use crate::audit::Reason;
use crate::idempotency::{self, Begun, IdempotencyKey};
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

/// Opens an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenAccountRequest {
    /// What to open, a code of `GET /products`.
    #[schema(example = "current-gbp")]
    product: String,
    /// Where the number is from: AT, DE, GB or US; what is usual for the currency when absent.
    country: Option<CountryCode>,
    /// What the holder calls it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60, example = "Household")]
    nickname: Option<Nickname>,
    /// For whom; required of staff, the caller when absent.
    holder_id: Option<UserId>,
    /// Why; required of staff.
    reason: Option<Reason>,
}

/// Gives an account a nickname.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RenameAccountRequest {
    /// The new nickname; null takes it away.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true, value_type = Option<String>, min_length = 1, max_length = 60, example = "Household")]
    nickname: Option<Nickname>,
    /// Why; required of staff.
    reason: Option<Reason>,
}

/// Changes limits: an absent one stays, null takes it away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetLimitsRequest {
    /// The largest single payment.
    #[serde(default)]
    #[schema(value_type = Option<Money>, required = false)]
    single: Setting,
    /// The most on one business day.
    #[serde(default)]
    #[schema(value_type = Option<Money>, required = false)]
    day: Setting,
    /// The most in one month.
    #[serde(default)]
    #[schema(value_type = Option<Money>, required = false)]
    month: Setting,
    /// How far below zero the balance may fall; staff only, up to the product's maximum.
    overdraft: Option<Money>,
    /// Why; required of staff.
    reason: Option<Reason>,
}

/// Chooses what is listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AccountsQuery {
    /// Only accounts in this status.
    status: Option<Status>,
    /// Only accounts of this product.
    #[param(example = "current-gbp")]
    product: Option<String>,
    /// Only accounts of this person; customers see their own only.
    owner: Option<UserId>,
    /// Only accounts whose number or nickname has this in it; for staff also by a holder's name or address, or the id.
    #[param(max_length = 60, example = "household")]
    text: Option<String>,
    /// How many rows at most, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Open an account
///
/// Customers open accounts for themselves, staff for a customer and with a reason. The holder must be verified
/// to the product's level. With an `Idempotency-Key` a repetition returns the first answer.
#[utoipa::path(
    post, path = "/accounts", tag = "accounts", operation_id = "open_account",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless")),
    request_body = OpenAccountRequest,
    responses((status = 201, description = "The account is open", body = AccountResponse), Problems),
)]
pub(super) async fn open(
    State(bank): State<Bank>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(request): Json<OpenAccountRequest>,
) -> Result<Response, Problem> {
    let command = request.into();
    let Some(key) = key else {
        let sheet = service::open(&bank, &caller, command).await?;
        return Ok((StatusCode::CREATED, Json(AccountResponse::from(sheet))).into_response());
    };
    match idempotency::begin(&bank, &caller, &key).await? {
        Begun::Replay(response) => Ok(response),
        Begun::Fresh(attempt) => {
            let outcome = service::open_in(&bank, attempt.tx(), &caller, command).await;
            let outcome = outcome.map(|sheet| (StatusCode::CREATED, AccountResponse::from(sheet)));
            attempt.finish(outcome.map_err(Problem::from)).await
        }
    }
}

/// List accounts
///
/// Newest first: customers see the accounts they own or act for, staff all.
#[utoipa::path(
    get, path = "/accounts", tag = "accounts", operation_id = "list_accounts",
    params(AccountsQuery),
    responses((status = 200, description = "One page", body = PageResponse<AccountResponse>), Problems),
)]
pub(super) async fn list(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<AccountsQuery>,
) -> Result<Json<PageResponse<AccountResponse>>, Problem> {
    let page = ListQuery { limit: query.limit, after: query.after }.page()?;
    let filter = AccountFilter {
        owner: query.owner,
        status: query.status.map(Into::into),
        product_code: query.product,
        text: query.text,
        ..AccountFilter::default()
    };
    let page = service::list(&bank, &caller, filter, &page).await?;
    Ok(Json(PageResponse::new(page, AccountResponse::from)))
}

/// Show an account
#[utoipa::path(
    get, path = "/accounts/{id}", tag = "accounts", operation_id = "get_account",
    params(("id" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "The account", body = AccountResponse), Problems),
)]
pub(super) async fn get(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AccountId>,
) -> Result<Json<AccountResponse>, Problem> {
    let sheet = service::get(&bank, &caller, id).await?;
    Ok(Json(sheet.into()))
}

/// Give an account a nickname
#[utoipa::path(
    patch, path = "/accounts/{id}", tag = "accounts", operation_id = "rename_account",
    params(("id" = AccountId, Path, description = "The account")),
    request_body = RenameAccountRequest,
    responses((status = 200, description = "The account with its new name", body = AccountResponse), Problems),
)]
pub(super) async fn rename(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Json(request): Json<RenameAccountRequest>,
) -> Result<Json<AccountResponse>, Problem> {
    let sheet = service::rename(&bank, &caller, id, request.nickname, request.reason).await?;
    Ok(Json(sheet.into()))
}

/// Change an account's limits
///
/// Customers lower limits at once and raise them up to the product's maximum; staff set any limit and the
/// overdraft. What was spent already counts.
#[utoipa::path(
    patch, path = "/accounts/{id}/limits", tag = "accounts", operation_id = "set_limits",
    params(("id" = AccountId, Path, description = "The account")),
    request_body = SetLimitsRequest,
    responses((status = 200, description = "The account with its new limits", body = AccountResponse), Problems),
)]
pub(super) async fn set_limits(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Json(request): Json<SetLimitsRequest>,
) -> Result<Json<AccountResponse>, Problem> {
    let SetLimitsRequest { single, day, month, overdraft, reason } = request;
    let change = LimitChange { single, day, month, overdraft };
    let sheet = service::set_limits(&bank, &caller, id, change, reason).await?;
    Ok(Json(sheet.into()))
}

/// Close an account
///
/// For ever: it must be empty, without holds and without pending work.
#[utoipa::path(
    post, path = "/accounts/{id}/close", tag = "accounts", operation_id = "close_account",
    params(("id" = AccountId, Path, description = "The account")),
    request_body = OptionalReasonRequest,
    responses((status = 200, description = "The account is closed", body = AccountResponse), Problems),
)]
pub(super) async fn close(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Json(request): Json<OptionalReasonRequest>,
) -> Result<Json<AccountResponse>, Problem> {
    let sheet = service::close(&bank, &caller, id, request.reason).await?;
    Ok(Json(sheet.into()))
}

impl From<OpenAccountRequest> for OpenAccount {
    fn from(request: OpenAccountRequest) -> Self {
        let OpenAccountRequest { product, country, nickname, holder_id, reason } = request;
        Self { product_code: product, country, nickname, holder: holder_id, reason }
    }
}
