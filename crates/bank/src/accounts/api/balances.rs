//! What an account holds, and what is held on it.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use axum::extract::State;
use kernel::{AccountId, Instant, Money, TransferId};
use ledger::{Hold, HoldState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::service::{self, AsOf, BalanceSheet};
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

/// Chooses the moment of a balance.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BalanceQuery {
    /// A date counts by effective days to its end, an instant by booking; now when absent.
    #[param(example = "2026-01-31")]
    as_of: Option<String>,
}

/// Shows the balance of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BalanceResponse {
    /// The account.
    account_id: AccountId,
    /// The moment, as it was asked for; null is now.
    #[schema(example = "2026-01-31")]
    as_of: Option<String>,
    /// What was posted.
    ledger: Money,
    /// What is reserved by holds; of now only.
    held: Option<Money>,
    /// What may be spent; of now only.
    available: Option<Money>,
}

/// Chooses which holds are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HoldsQuery {
    /// Only holds in this state.
    state: Option<HoldStateName>,
    /// How many rows at most, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Names what became of a hold.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HoldState)]
pub(super) enum HoldStateName {
    /// It reserves money.
    Pending,
    /// It was captured, in whole or in part.
    Captured,
    /// It was given back.
    Released,
    /// Its time was over.
    Expired,
}

/// Shows money that is or was reserved.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HoldResponse {
    /// The transfer that placed it.
    id: TransferId,
    /// What became of it.
    state: HoldStateName,
    /// How much it reserves, or reserved.
    amount: Money,
    /// How much of it was captured.
    captured: Money,
    /// When it was placed.
    #[schema(value_type = String, format = DateTime)]
    booked_at: Instant,
    /// From when on it can no longer be captured.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
}

/// Show a balance
///
/// Now, at the end of a day, or at an instant of the past.
#[utoipa::path(
    get, path = "/accounts/{id}/balance", tag = "accounts", operation_id = "get_balance",
    params(("id" = AccountId, Path, description = "The account"), BalanceQuery),
    responses((status = 200, description = "The balance", body = BalanceResponse), Problems),
)]
pub(super) async fn get(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Query(BalanceQuery { as_of }): Query<BalanceQuery>,
) -> Result<Json<BalanceResponse>, Problem> {
    let moment = as_of.as_deref().map(moment).transpose()?;
    let BalanceSheet { ledger, now } = service::get_balance(&bank, &caller, id, moment).await?;
    let (held, available) = (now.map(|now| now.held), now.map(|now| now.available));
    Ok(Json(BalanceResponse { account_id: id, as_of, ledger, held, available }))
}

/// List holds
///
/// What is or was reserved on the account, newest first.
#[utoipa::path(
    get, path = "/accounts/{id}/holds", tag = "accounts", operation_id = "list_holds",
    params(("id" = AccountId, Path, description = "The account"), HoldsQuery),
    responses((status = 200, description = "One page", body = PageResponse<HoldResponse>), Problems),
)]
pub(super) async fn list_holds(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Query(query): Query<HoldsQuery>,
) -> Result<Json<PageResponse<HoldResponse>>, Problem> {
    let page = ListQuery { limit: query.limit, after: query.after }.page()?;
    let state = query.state.map(HoldState::from);
    let page = service::list_holds(&bank, &caller, id, (state, &page)).await?;
    let now = bank.now();
    Ok(Json(PageResponse::new(page, |hold| HoldResponse::new(&hold, now))))
}

fn moment(text: &str) -> Result<AsOf, Problem> {
    if let Ok(day) = text.parse() {
        return Ok(AsOf::Day(day));
    }
    let instant = text.parse().map(AsOf::Instant);
    instant.map_err(|_| Problem::invalid_field("as_of", "must be a date or an RFC 3339 instant"))
}

impl HoldResponse {
    fn new(hold: &Hold, now: Instant) -> Self {
        Self {
            id: hold.id,
            state: hold.state_at(now).into(),
            amount: hold.amount(),
            captured: hold.captured(),
            booked_at: hold.booked_at,
            expires_at: hold.expires_at,
        }
    }
}

impl From<HoldState> for HoldStateName {
    fn from(state: HoldState) -> Self {
        match state {
            HoldState::Pending => Self::Pending,
            HoldState::Captured => Self::Captured,
            HoldState::Released => Self::Released,
            HoldState::Expired => Self::Expired,
        }
    }
}

impl From<HoldStateName> for HoldState {
    fn from(state: HoldStateName) -> Self {
        match state {
            HoldStateName::Pending => Self::Pending,
            HoldStateName::Captured => Self::Captured,
            HoldStateName::Released => Self::Released,
            HoldStateName::Expired => Self::Expired,
        }
    }
}
