//! What moved, by day.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use axum::extract::State;
use chrono::NaiveDate;
use kernel::Currency;
use ledger::turnover::Turnover;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::oversight::service;
use crate::web::{Json, Problem, Problems, Query};
use crate::{Bank, Caller};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(turnover))
}

/// Chooses days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TurnoverQuery {
    /// The first day.
    #[param(value_type = String, format = Date, example = "2026-03-01")]
    from: NaiveDate,
    /// The last day, at most 365 days later.
    #[param(value_type = String, format = Date, example = "2026-03-31")]
    to: NaiveDate,
}

/// Shows what moved on one day, for one purpose, in one currency.
#[derive(Debug, Serialize, ToSchema)]
struct TurnoverLine {
    /// The day on which it is effective.
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    day: NaiveDate,
    /// What the transfers were for.
    #[schema(example = "transfer")]
    code: String,
    currency: Currency,
    #[schema(example = 42)]
    transfers: i64,
    #[schema(value_type = i64, example = 125_000)]
    amount_minor: i128,
}

/// Shows what moved on each day.
#[derive(Debug, Serialize, ToSchema)]
struct TurnoverResponse {
    items: Vec<TurnoverLine>,
}

/// Lists how many transfers moved how much, by day, purpose and currency; holds are not among them.
#[utoipa::path(
    get,
    path = "/ledger/turnover",
    operation_id = "get_turnover",
    tag = "ledger",
    params(TurnoverQuery),
    responses((status = 200, body = TurnoverResponse), Problems)
)]
async fn turnover(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<TurnoverQuery>,
) -> Result<Json<TurnoverResponse>, Problem> {
    let found = service::ledger::turnover(&bank, &caller, (query.from, query.to)).await?;
    Ok(Json(TurnoverResponse { items: found.into_iter().map(TurnoverLine::from).collect() }))
}

impl From<Turnover> for TurnoverLine {
    fn from(Turnover { day, code, currency, transfers, amount_minor }: Turnover) -> Self {
        Self { day, code, currency, transfers, amount_minor }
    }
}
