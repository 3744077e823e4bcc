//! Showing a customer's connections, and the banks that can be linked.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::{ConnectionId, Instant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openbanking::{Connection, ConnectionStatus, EndReason, service};
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

/// Shows a link to accounts at another bank; its tokens stay with us.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConnectionResponse {
    id: ConnectionId,
    status: ConnectionStatus,
    /// Why it is over, where it is.
    end_reason: Option<EndReason>,
    /// The bank, once it is chosen.
    #[schema(example = "mock")]
    provider_id: Option<String>,
    /// The bank's name for people.
    provider_name: Option<String>,
    /// What may be seen.
    #[schema(example = json!(["accounts", "balance"]))]
    scopes: Vec<String>,
    /// When the customer consented last.
    #[schema(value_type = Option<String>, format = DateTime)]
    consented_at: Option<Instant>,
    /// When the consent ends, unless it is renewed before.
    #[schema(value_type = Option<String>, format = DateTime)]
    consent_expires_at: Option<Instant>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

impl From<Connection> for ConnectionResponse {
    fn from(row: Connection) -> Self {
        Self {
            id: row.id,
            status: row.status,
            end_reason: row.end_reason,
            provider_id: row.provider_id,
            provider_name: row.provider_name,
            scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
            consented_at: row.consented_at,
            consent_expires_at: row.consent_expires_at,
            created_at: row.created_at,
        }
    }
}

/// Shows a bank that can be linked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProviderResponse {
    #[schema(example = "mock")]
    provider_id: String,
    name: String,
    /// Its country, as the service spells it: `uk`, `de`.
    #[schema(example = "uk")]
    country: Option<String>,
    /// Whether it answers well at the moment.
    is_healthy: bool,
}

/// Lists the banks that can be linked, by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProvidersResponse {
    items: Vec<ProviderResponse>,
}

/// List one's own connections, newest first.
#[utoipa::path(
    get, path = "/integrations/truelayer/connections", operation_id = "list_connections", tag = "open-banking",
    params(ListQuery),
    responses((status = 200, body = PageResponse<ConnectionResponse>), Problems)
)]
pub async fn list_connections(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageResponse<ConnectionResponse>>, Problem> {
    let page = service::list(&bank, &caller, query.page_of::<ConnectionId>()?).await?;
    Ok(Json(PageResponse::new(page, ConnectionResponse::from)))
}

/// Show one connection.
#[utoipa::path(
    get, path = "/integrations/truelayer/connections/{id}", operation_id = "get_connection", tag = "open-banking",
    params(("id" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, description = "The connection", body = ConnectionResponse), Problems)
)]
pub async fn get_connection(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Json<ConnectionResponse>, Problem> {
    Ok(Json(service::find(&bank, &caller, id).await?.into()))
}

/// End a connection, here and at the service. What it gave access to is not read any more.
#[utoipa::path(
    delete, path = "/integrations/truelayer/connections/{id}", operation_id = "revoke_connection", tag = "open-banking",
    params(("id" = ConnectionId, Path, description = "The connection")),
    responses((status = 204, description = "The connection is over"), Problems)
)]
pub async fn revoke_connection(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<StatusCode, Problem> {
    service::revoke(&bank, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the banks that can be linked.
#[utoipa::path(
    get, path = "/integrations/truelayer/providers", operation_id = "list_providers", tag = "open-banking",
    responses((status = 200, body = ProvidersResponse), Problems)
)]
pub async fn list_providers(
    State(bank): State<Bank>,
    caller: Caller,
) -> Result<Json<ProvidersResponse>, Problem> {
    let banks = service::providers(&bank, &caller).await?;
    let items = banks.into_iter().map(|bank| ProviderResponse {
        is_healthy: !bank.is_unhealthy(),
        provider_id: bank.provider_id,
        name: bank.display_name,
        country: bank.country,
    });
    Ok(Json(ProvidersResponse { items: items.collect() }))
}
