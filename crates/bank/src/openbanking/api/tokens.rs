//! Tokens: new ones on demand, and how all of them do.

use axum::extract::State;
use kernel::{ConnectionId, Instant};
use serde::Serialize;
use utoipa::ToSchema;

use super::connections::ConnectionResponse;
use crate::openbanking::{ConnectionStatus, service};
use crate::web::{Json, Path, Problem, Problems};
use crate::{Bank, Caller};

/// Get new tokens for a connection now. It happens by itself in time; this tells whether the bank still agrees.
#[utoipa::path(
    post, path = "/integrations/truelayer/connections/{id}/refresh-tokens",
    operation_id = "refresh_connection_tokens", tag = "open-banking",
    params(("id" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, description = "The connection", body = ConnectionResponse), Problems)
)]
pub async fn refresh_tokens(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Json<ConnectionResponse>, Problem> {
    Ok(Json(service::refresh_own(&bank, &caller, id).await?.into()))
}

/// Shows how connections and their tokens do: connections as they are, attempts over the last 30 days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokenStatsResponse {
    active: i64,
    pending: i64,
    /// Only their customers can renew them.
    expired: i64,
    revoked: i64,
    error: i64,
    /// How many got new tokens.
    refreshed: i64,
    /// How many attempts failed for the moment.
    failed: i64,
    /// How many attempts ended with a refusal that only the customer can mend.
    needs_reauth: i64,
    /// The share of attempts that brought tokens, in basis points: 9 950 is 99.5 %.
    #[schema(example = 9_950)]
    success_basis_points: Option<i64>,
    /// Whether the service refused our own credentials in the last round.
    alarmed: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_run_at: Option<Instant>,
    /// How long the last round took.
    last_run_seconds: Option<i64>,
    /// The keys that seal tokens, first the one that seals now. One that seals nothing any more can be dropped.
    keys: Vec<KeyResponse>,
}

/// Shows how much one of the operator's keys seals.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TokenKey)]
pub struct KeyResponse {
    /// The first 8 hex digits of the key's SHA-256.
    #[schema(example = "72cd6e84")]
    key_id: String,
    connections: i64,
}

/// Show how connections do, for staff.
#[utoipa::path(
    get, path = "/integrations/truelayer/token-stats", operation_id = "get_token_stats", tag = "open-banking",
    responses((status = 200, description = "The numbers", body = TokenStatsResponse), Problems)
)]
pub async fn token_stats(
    State(bank): State<Bank>,
    caller: Caller,
) -> Result<Json<TokenStatsResponse>, Problem> {
    let stats = service::token_stats(&bank, &caller).await?;
    let last = stats.rounds.first();
    Ok(Json(TokenStatsResponse {
        active: stats.count(ConnectionStatus::Active),
        pending: stats.count(ConnectionStatus::Pending),
        expired: stats.count(ConnectionStatus::Expired),
        revoked: stats.count(ConnectionStatus::Revoked),
        error: stats.count(ConnectionStatus::Error),
        refreshed: stats.sum(|round| round.refreshed),
        failed: stats.sum(|round| round.failed),
        needs_reauth: stats.sum(|round| round.needs_reauth),
        success_basis_points: stats.success_basis_points(),
        alarmed: last.is_some_and(|round| round.alarmed),
        last_run_at: last.map(|round| round.finished_at),
        last_run_seconds: last.map(|round| (round.finished_at - round.started_at).num_seconds()),
        keys: stats
            .keys
            .into_iter()
            .map(|(key_id, connections)| KeyResponse { key_id, connections })
            .collect(),
    }))
}
