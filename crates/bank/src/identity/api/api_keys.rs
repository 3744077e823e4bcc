//! One's own API keys.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::{ApiKeyId, Instant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::parsed;
use crate::identity::model::{ApiKey, FullName, parse_scopes};
use crate::identity::service::{self, NewApiKey};
use crate::web::{Json, Path, Problem, Problems};
use crate::{Bank, Caller, Permission};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(list_api_keys, create_api_key)).routes(routes!(revoke_api_key))
}

/// Asks for an API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateApiKeyRequest {
    /// What it is for.
    #[schema(min_length = 1, max_length = 200, example = "accounting")]
    name: String,
    /// What it may do: part of what its owner may.
    #[schema(example = json!(["own_accounts:read"]))]
    scopes: Vec<Permission>,
    /// After how many days it ends, 366 at most.
    #[schema(minimum = 1, maximum = 366, example = 90)]
    expires_in_days: i64,
}

/// Shows an API key without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApiKeyResponse {
    id: ApiKeyId,
    #[schema(example = "accounting")]
    name: String,
    scopes: Vec<Permission>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
    /// To about a minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Instant>,
}

/// Shows an API key with its secret, this once.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedApiKeyResponse {
    /// Send it as `Authorization: Bearer fk_…`.
    #[schema(example = "fk_01k0z8r9tqe5mbd3v6n2j7x4hc_Zk1iN0uX…")]
    key: String,
    #[serde(flatten)]
    details: ApiKeyResponse,
}

/// Lists API keys, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct ApiKeysResponse {
    items: Vec<ApiKeyResponse>,
}

impl From<ApiKey> for ApiKeyResponse {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            scopes: parse_scopes(&key.scopes).iter().collect(),
            name: key.name,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// Lists the caller's API keys, newest first.
#[utoipa::path(
    get, path = "/api-keys", tag = "api-keys", operation_id = "list_api_keys",
    responses((status = 200, body = ApiKeysResponse), Problems)
)]
async fn list_api_keys(State(bank): State<Bank>, caller: Caller) -> Result<Json<ApiKeysResponse>, Problem> {
    let keys = service::list_api_keys(&bank, &caller).await?;
    Ok(Json(ApiKeysResponse { items: keys.into_iter().map(ApiKeyResponse::from).collect() }))
}

/// Makes an API key; its text is shown this once.
#[utoipa::path(
    post, path = "/api-keys", tag = "api-keys", operation_id = "create_api_key",
    request_body = CreateApiKeyRequest,
    responses((status = 201, body = CreatedApiKeyResponse), Problems)
)]
async fn create_api_key(
    State(bank): State<Bank>,
    caller: Caller,
    Json(body): Json<CreateApiKeyRequest>,
) -> Result<(StatusCode, Json<CreatedApiKeyResponse>), Problem> {
    let name: FullName = parsed("/name", &body.name)?;
    let new = NewApiKey {
        name: name.as_str().to_owned(),
        scopes: body.scopes.into_iter().collect(),
        days: body.expires_in_days,
    };
    let tx = bank.db.begin().await?;
    let (row, text) = service::create_api_key(&bank, &tx, &caller, new).await?;
    tx.commit().await?;
    let shown = CreatedApiKeyResponse { key: text.expose().clone(), details: row.into() };
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Ends one of the caller's API keys, at once.
#[utoipa::path(
    delete, path = "/api-keys/{id}", tag = "api-keys", operation_id = "revoke_api_key",
    params(("id" = ApiKeyId, Path)),
    responses((status = 204, description = "The key is revoked"), Problems)
)]
async fn revoke_api_key(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    service::revoke_api_key(&bank, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
