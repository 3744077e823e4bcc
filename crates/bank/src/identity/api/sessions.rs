//! One's own sessions.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::{Instant, SessionId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::identity::model::Session;
use crate::identity::service;
use crate::web::{Json, Path, Problem, Problems};
use crate::{Bank, Caller};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(list_sessions, end_all_sessions)).routes(routes!(end_session))
}

/// Shows one signed-in device.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionResponse {
    id: SessionId,
    /// What the client called itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")]
    device: String,
    /// Whether this request came with it.
    current: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// To about fifteen seconds.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Instant,
    /// When it ends in any case.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
}

impl SessionResponse {
    pub(super) fn new(session: Session, current: Option<SessionId>) -> Self {
        Self {
            id: session.id,
            current: Some(session.id) == current,
            device: session.device,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
        }
    }
}

/// Lists the caller's sessions, five at most, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct SessionsResponse {
    items: Vec<SessionResponse>,
}

/// Lists the caller's signed-in devices, newest first.
#[utoipa::path(
    get, path = "/me/sessions", tag = "me", operation_id = "list_sessions",
    responses((status = 200, body = SessionsResponse), Problems)
)]
async fn list_sessions(State(bank): State<Bank>, caller: Caller) -> Result<Json<SessionsResponse>, Problem> {
    let sessions = service::list_sessions(&bank, &caller).await?;
    let items = sessions.into_iter().map(|session| SessionResponse::new(session, caller.session_id));
    Ok(Json(SessionsResponse { items: items.collect() }))
}

/// Signs out on all devices, this one too.
#[utoipa::path(
    delete, path = "/me/sessions", tag = "me", operation_id = "end_all_sessions",
    responses((status = 204, description = "All sessions have ended"), Problems)
)]
async fn end_all_sessions(State(bank): State<Bank>, caller: Caller) -> Result<StatusCode, Problem> {
    service::end_all_sessions(&bank, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs out on one device.
#[utoipa::path(
    delete, path = "/me/sessions/{id}", tag = "me", operation_id = "end_session",
    params(("id" = SessionId, Path)),
    responses((status = 204, description = "The session has ended"), Problems)
)]
async fn end_session(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    service::end_session(&bank, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
