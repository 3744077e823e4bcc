//! Sending a customer to their bank, and taking them back.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::{ConnectionId, Instant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::connections::ConnectionResponse;
use super::returned::ReturnQuery;
use crate::openbanking::OpenBankingError;
use crate::openbanking::service::{self, Begin, Begun, Extending};
use crate::web::{Json, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

/// Asks for a link to a bank.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAuthLinkRequest {
    /// The bank; chosen on the way when absent.
    #[schema(example = "mock", max_length = 100)]
    provider_id: Option<String>,
}

/// Shows where the customer goes now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuthLinkResponse {
    /// What will be linked.
    connection_id: ConnectionId,
    /// The bank's door: open it in the customer's browser, once.
    auth_url: String,
    /// Until when the customer must be back.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
}

impl From<Begun> for AuthLinkResponse {
    fn from(begun: Begun) -> Self {
        Self {
            connection_id: begun.connection_id,
            auth_url: begun.url.expose().clone(),
            expires_at: begun.expires_at,
        }
    }
}

/// Link an account at another bank: returns the bank's door.
#[utoipa::path(
    post, path = "/integrations/truelayer/auth", operation_id = "create_auth_link", tag = "open-banking",
    request_body = CreateAuthLinkRequest,
    responses((status = 201, description = "Where the customer goes now", body = AuthLinkResponse), Problems)
)]
pub async fn create_auth_link(
    State(bank): State<Bank>,
    caller: Caller,
    Json(request): Json<CreateAuthLinkRequest>,
) -> Result<(StatusCode, Json<AuthLinkResponse>), Problem> {
    let asked = Begin { provider_id: request.provider_id, connection_id: None };
    let begun = service::begin(&bank, &caller, asked).await?;
    Ok((StatusCode::CREATED, Json(begun.into())))
}

/// Renew a connection in place: returns the bank's door once more.
#[utoipa::path(
    post, path = "/integrations/truelayer/connections/{id}/reauthenticate",
    operation_id = "reauthenticate_connection", tag = "open-banking",
    params(("id" = ConnectionId, Path, description = "The connection")),
    responses((status = 201, description = "Where the customer goes now", body = AuthLinkResponse), Problems)
)]
pub async fn reauthenticate_connection(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<(StatusCode, Json<AuthLinkResponse>), Problem> {
    let asked = Begin { connection_id: Some(id), provider_id: None };
    let begun = service::begin(&bank, &caller, asked).await?;
    Ok((StatusCode::CREATED, Json(begun.into())))
}

/// Shows what extending a consent took.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExtensionResponse {
    /// Whether the consent goes on; otherwise the customer goes to `auth_url`.
    is_extended: bool,
    /// Until when the customer consents now.
    #[schema(value_type = Option<String>, format = DateTime)]
    consent_expires_at: Option<Instant>,
    /// The bank's door, where the bank wants to see its customer.
    auth_url: Option<String>,
    /// Until when the customer must be back from there.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
}

impl From<Extending> for ExtensionResponse {
    fn from(extending: Extending) -> Self {
        match extending {
            Extending::Done(connection) => Self {
                is_extended: true,
                consent_expires_at: connection.consent_expires_at,
                auth_url: None,
                expires_at: None,
            },
            Extending::Go(begun) => Self {
                is_extended: false,
                consent_expires_at: None,
                auth_url: Some(begun.url.expose().clone()),
                expires_at: Some(begun.expires_at),
            },
        }
    }
}

/// Extend a consent that the customer has just confirmed on a page of one's own.
///
/// Where the bank or the country does not allow that, the answer is a new link for the same connection.
#[utoipa::path(
    post, path = "/integrations/truelayer/connections/{id}/extend",
    operation_id = "extend_connection", tag = "open-banking",
    params(("id" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, description = "What it took", body = ExtensionResponse), Problems)
)]
pub async fn extend_connection(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Json<ExtensionResponse>, Problem> {
    Ok(Json(service::extend(&bank, &caller, id).await?.into()))
}

/// Take a customer back from the bank: the connection works from now on.
///
/// A browser that shows no token is led on to the customer's own pages, which know who comes.
#[utoipa::path(
    get, path = "/integrations/truelayer/callback", operation_id = "complete_link", tag = "open-banking",
    params(ReturnQuery),
    responses(
        (status = 200, description = "The connection", body = ConnectionResponse),
        (status = 303, description = "The same return, at the customer's own pages"),
        Problems
    )
)]
pub async fn complete_link(
    State(bank): State<Bank>,
    caller: Result<Caller, Problem>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
    Query(query): Query<ReturnQuery>,
) -> Result<Response, Problem> {
    let caller = match caller {
        Ok(caller) => caller,
        Err(_) if is_browser(&headers) => {
            let to = format!("/my/banks/return?{}", raw.unwrap_or_default());
            return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response());
        }
        Err(problem) => return Err(problem),
    };
    let connection: ConnectionResponse = service::complete(&bank, &caller, query.into()).await?.into();
    Ok(Json(connection).into_response())
}

/// Says whether a page is wanted: browsers ask for one where somebody follows a link.
fn is_browser(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accepted.is_some_and(|accept| accept.split(',').any(|kind| kind.trim_start().starts_with("text/html")))
}

/// The fields of a return that mean something.
const FIELDS: [&str; 4] = ["code", "scope", "state", "error"];

/// Take a customer back who was sent by a form.
///
/// A form of another site comes without our cookies: the browser is asked to come again by itself, which does nothing yet.
#[utoipa::path(
    post, path = "/integrations/truelayer/callback", operation_id = "forward_return", tag = "open-banking",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "The same return, to be fetched"), Problems)
)]
pub async fn forward_return(State(bank): State<Bank>, body: Bytes) -> Result<Response, Problem> {
    let settings = bank.settings.open_banking.as_ref().ok_or(OpenBankingError::Off)?;
    let mut url = settings.redirect_uri.clone();
    let fields = form_urlencoded::parse(&body).filter(|(name, _)| FIELDS.contains(&name.as_ref()));
    url.query_pairs_mut().extend_pairs(fields);
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, url.to_string())]).into_response())
}
