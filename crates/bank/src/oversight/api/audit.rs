//! The audit log for staff.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::{ActorKind, AuditId, Instant, RequestId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::patience::{Waited, wait_for};
use super::proofs::FaultResponse;
use crate::audit::{self, ActionFilter, AuditError, AuditEvent, AuditFilter, Verified, Who};
use crate::oversight::service;
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(export))
        .routes(routes!(verify))
}

/// Chooses rows of the audit log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Who did it: the id of a user or an API key, or `system`.
    #[param(value_type = Option<String>, example = "usr_01k0z8r9tqe5mbd3v6n2j7x4hc")]
    actor: Option<Who>,
    /// Which sort of actor did it: `customer`, `staff`, `api_key` or `system`.
    actor_kind: Option<String>,
    /// What was done: one action, or every action of a noun by `noun.*`.
    #[param(value_type = Option<String>, example = "account.*")]
    action: Option<ActionFilter>,
    /// The id of what it was done to.
    subject: Option<String>,
    /// Not before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Instant>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Instant>,
    /// How many rows at most, 1 to 200; 50 when absent. An export has all.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Shows one row of the audit log.
#[derive(Debug, Serialize, ToSchema)]
struct AuditEventResponse {
    id: AuditId,
    /// The place in the chain of seals.
    #[schema(example = 1042)]
    position: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// `customer`, `staff`, `api_key` or `system`.
    #[schema(example = "staff")]
    actor_kind: String,
    /// The id of the user or the API key, or `system`.
    #[schema(value_type = Option<String>, example = "usr_01k0z8r9tqe5mbd3v6n2j7x4hc")]
    actor: Option<Who>,
    #[schema(example = "account.freeze")]
    action: String,
    #[schema(example = "account")]
    subject_kind: String,
    #[schema(example = "acc_01k0z8r9tqe5mbd3v6n2j7x4hc")]
    subject: String,
    /// Why, in the actor's words.
    reason: Option<String>,
    /// The values that changed, as they were.
    #[schema(value_type = Option<Object>, example = json!({"status": "open"}))]
    before: Option<Value>,
    /// The values that changed, as they are.
    #[schema(value_type = Option<Object>, example = json!({"status": "frozen"}))]
    after: Option<Value>,
    request_id: RequestId,
}

/// Lists the audit log, newest first.
#[utoipa::path(
    get,
    path = "/audit-log",
    operation_id = "list_audit_log",
    tag = "audit",
    params(AuditQuery),
    responses((status = 200, body = PageResponse<AuditEventResponse>), Problems)
)]
async fn list(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Json<PageResponse<AuditEventResponse>>, Problem> {
    let page = ListQuery { limit: query.limit, after: query.after.clone() }.page_of::<i64>()?;
    let page = audit::list(&bank, &caller, &query.filter()?, page).await?;
    Ok(Json(PageResponse::new(page, AuditEventResponse::from)))
}

/// Shows one row of the audit log.
#[utoipa::path(
    get,
    path = "/audit-log/{id}",
    operation_id = "show_audit_event",
    tag = "audit",
    params(("id" = AuditId, Path)),
    responses((status = 200, body = AuditEventResponse), Problems)
)]
async fn show(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<AuditId>,
) -> Result<Json<AuditEventResponse>, Problem> {
    Ok(Json(audit::find(&bank, &caller, id).await?.into()))
}

/// Exports the audit log as CSV, newest first. The export is itself a row of the log.
#[utoipa::path(
    get,
    path = "/audit-log/export",
    operation_id = "export_audit_log",
    tag = "audit",
    params(AuditQuery),
    responses((status = 200, description = "A CSV file", body = String, content_type = "text/csv"), Problems)
)]
async fn export(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Problem> {
    let pieces = audit::export(&bank, &caller, query.filter()?).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit-log.csv\"")),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// Shows what a verification of the audit log found.
#[derive(Debug, Serialize, ToSchema)]
struct AuditVerifiedResponse {
    /// Whether nothing was touched.
    passed: bool,
    #[schema(example = 1042)]
    rows: u64,
    /// The last sealed position.
    #[schema(example = 1040)]
    sealed_through: i64,
    /// The hash of the newest block, in hexadecimal.
    seal_hash: Option<String>,
    /// How many rows were not sealed yet: nothing protects them.
    #[schema(example = 2)]
    unsealed: u64,
    /// How many signed checkpoints the log agreed with.
    #[schema(example = 17)]
    checkpoints: u64,
    /// The first fault of each sort; empty when nothing was touched.
    faults: Vec<FaultResponse>,
}

/// Verifies the whole audit log: every row against its seal, every seal against the checkpoints.
///
/// What is found is written into the log; a log that takes longer than a request may is verified to the end.
#[utoipa::path(
    post,
    path = "/audit-log/verify",
    operation_id = "verify_audit_log",
    tag = "audit",
    responses(
        (status = 200, body = AuditVerifiedResponse),
        (status = 202, description = "It goes on; what is found will stand in the log"),
        Problems
    )
)]
async fn verify(State(bank): State<Bank>, caller: Caller) -> Result<Response, Problem> {
    let work = async move { service::audit::verify_audit(&bank, &caller).await };
    Ok(match wait_for(work).await? {
        Waited::Done(verified) => Json(AuditVerifiedResponse::from(verified)).into_response(),
        Waited::GoesOn => StatusCode::ACCEPTED.into_response(),
    })
}

impl AuditQuery {
    fn filter(self) -> Result<AuditFilter, Problem> {
        let kind = self.actor_kind.map(|text| ActorKind::parse(&text).ok_or(text)).transpose();
        let actor_kind = kind.map_err(|text| {
            Problem::invalid_field("actor_kind", format!("no sort of actor is called {text}"))
        })?;
        let Self { actor, action, subject, from, to, .. } = self;
        Ok(AuditFilter { actor, actor_kind, action, subject, from, to })
    }
}

impl From<AuditEvent> for AuditEventResponse {
    fn from(row: AuditEvent) -> Self {
        Self {
            actor: row.actor(),
            id: row.id,
            position: row.position,
            at: row.at,
            actor_kind: row.actor_kind,
            action: row.action,
            subject_kind: row.subject_kind,
            subject: row.subject_id,
            reason: row.reason,
            before: row.before_values,
            after: row.after_values,
            request_id: row.request_id,
        }
    }
}

impl From<Verified> for AuditVerifiedResponse {
    fn from(verified: Verified) -> Self {
        Self {
            passed: verified.passed(),
            rows: verified.chain.rows,
            sealed_through: verified.chain.sealed_through,
            seal_hash: verified.chain.seal_hash.map(hex::encode),
            unsealed: verified.chain.unsealed,
            checkpoints: verified.chain.checkpoints,
            faults: verified.faults.into_iter().map(FaultResponse::from).collect(),
        }
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Forbidden(forbidden) => forbidden.into(),
            AuditError::NotFound => Self::not_found(),
            AuditError::Storage(error) => error.into(),
        }
    }
}
