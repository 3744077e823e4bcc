//! JSON routes of approvals, for staff.
#![expect(unused_qualifications, reason = "the expansion of utoipa::path names its parameters in full")]

use axum::Extension;
use axum::extract::State;
use kernel::{ApprovalId, Instant, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    Approval, ApprovalError, ApprovalFilter, ApprovalState, ApprovalView, Effect, Executors, Movement,
    service,
};
use crate::audit::Reason;
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

/// Lists the routes; `executors` carry out what is approved.
pub fn routes(executors: Executors) -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .layer(Extension(executors))
}

/// Chooses what is listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ApprovalsQuery {
    /// Where they stand.
    state: Option<ApprovalState>,
    /// Which command.
    #[param(example = "transfers.reverse")]
    kind: Option<String>,
    /// Who asked.
    maker: Option<UserId>,
    /// The id of what it is about.
    subject: Option<String>,
    /// What waits for the caller, what the caller asked for, or what is decided.
    view: Option<ApprovalView>,
    /// How many rows at most, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Shows a command that needs, or had, a second person.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalResponse {
    id: ApprovalId,
    /// Which command.
    #[schema(example = "transfers.reverse")]
    kind: String,
    state: ApprovalState,
    /// What it is, in one line.
    #[schema(example = "reverse trf_01k0z8r9tqe5mbd3v6n2j7x4hc of 1250.00 GBP")]
    summary: String,
    /// What it does, exactly: ids and amounts.
    #[schema(value_type = Object, example = json!({"transfer_id": "trf_01k0z8r9tqe5mbd3v6n2j7x4hc"}))]
    payload: serde_json::Value,
    /// SHA-256 over what was asked for; a decision holds for exactly that.
    payload_hash: String,
    subject: SubjectResponse,
    /// Why, in the maker's words.
    reason: String,
    /// What the second person must be allowed to do.
    #[schema(example = "approvals:decide")]
    decide_permission: String,
    maker: MakerResponse,
    /// The person who decided.
    checker: Option<UserId>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Instant>,
    /// Why it was decided so.
    decision_reason: Option<String>,
    /// What came of it.
    #[schema(value_type = Option<Object>)]
    result: Option<serde_json::Value>,
}

/// Names what a command is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubjectResponse {
    #[schema(example = "transfer")]
    kind: String,
    #[schema(example = "trf_01k0z8r9tqe5mbd3v6n2j7x4hc")]
    id: String,
}

/// Names who asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct MakerResponse {
    /// By which means: signed in as customer or staff, or by an API key.
    #[schema(example = "staff")]
    kind: String,
    /// The person.
    user_id: UserId,
}

/// Agrees to a command.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApproveRequest {
    /// A remark for the audit log.
    reason: Option<Reason>,
}

/// Refuses or withdraws a command.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RejectRequest {
    reason: Reason,
}

/// Lists commands that need or had a second person, newest first.
#[utoipa::path(
    get,
    path = "/approvals",
    operation_id = "list_approvals",
    tag = "approvals",
    params(ApprovalsQuery),
    responses((status = 200, body = PageResponse<ApprovalResponse>), Problems)
)]
async fn list(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<ApprovalsQuery>,
) -> Result<Json<PageResponse<ApprovalResponse>>, Problem> {
    let page = ListQuery { limit: query.limit, after: query.after }.page_of::<ApprovalId>()?;
    let (state, kind, maker, subject) = (query.state, query.kind, query.maker, query.subject);
    let view = query.view.map(|view| (view, caller.user_id));
    let filter = ApprovalFilter { state, kind, maker, subject, view };
    let page = service::list(&bank, &caller, filter, page).await?;
    let now = bank.now();
    Ok(Json(PageResponse::new(page, |approval| ApprovalResponse::new(approval, now))))
}

/// Shows one command with what it would do now.
#[derive(Debug, Serialize, ToSchema)]
struct ApprovalDetailResponse {
    #[serde(flatten)]
    approval: ApprovalResponse,
    /// What it would do at this moment; null once it is decided.
    effect: Option<EffectResponse>,
}

/// Tells what a command would do at this moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct EffectResponse {
    /// What changes besides money; empty for nothing.
    #[schema(example = "")]
    sentence: String,
    /// What moves, in order.
    movements: Vec<Movement>,
    /// Why it would be refused now: a problem document.
    #[schema(value_type = Option<Object>)]
    refusal: Option<serde_json::Value>,
}

impl From<Effect> for EffectResponse {
    fn from(effect: Effect) -> Self {
        let Effect { sentence, movements, refusal } = effect;
        let refusal = refusal.and_then(|problem| serde_json::from_slice(&problem.to_json()).ok());
        Self { sentence, movements, refusal }
    }
}

/// Shows one command, and what it would do now while it waits.
#[utoipa::path(
    get,
    path = "/approvals/{id}",
    tag = "approvals",
    operation_id = "get_approval",
    params(("id" = ApprovalId, Path)),
    responses((status = 200, body = ApprovalDetailResponse), Problems)
)]
async fn get(
    State(bank): State<Bank>,
    Extension(executors): Extension<Executors>,
    caller: Caller,
    Path(id): Path<ApprovalId>,
) -> Result<Json<ApprovalDetailResponse>, Problem> {
    let (approval, effect) = service::find(&bank, &executors, &caller, id).await?;
    let approval = ApprovalResponse::new(approval, bank.now());
    Ok(Json(ApprovalDetailResponse { approval, effect: effect.map(Into::into) }))
}

/// Agrees to a command as the second person; it is carried out at once.
///
/// Repeating it does nothing more: the answer is then 409 with the state.
#[utoipa::path(
    post,
    path = "/approvals/{id}/approve",
    tag = "approvals",
    operation_id = "approve",
    params(("id" = ApprovalId, Path)),
    request_body = ApproveRequest,
    responses((status = 200, body = ApprovalResponse), Problems)
)]
async fn approve(
    State(bank): State<Bank>,
    Extension(executors): Extension<Executors>,
    caller: Caller,
    Path(id): Path<ApprovalId>,
    Json(request): Json<ApproveRequest>,
) -> Result<Json<ApprovalResponse>, Problem> {
    let approval = service::approve(&bank, &executors, &caller, id, request.reason).await?;
    Ok(Json(ApprovalResponse::new(approval, bank.now())))
}

/// Refuses a command as the second person, or withdraws it as its maker.
#[utoipa::path(
    post,
    path = "/approvals/{id}/reject",
    tag = "approvals",
    operation_id = "reject",
    params(("id" = ApprovalId, Path)),
    request_body = RejectRequest,
    responses((status = 200, body = ApprovalResponse), Problems)
)]
async fn reject(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<ApprovalId>,
    Json(request): Json<RejectRequest>,
) -> Result<Json<ApprovalResponse>, Problem> {
    let approval = service::reject(&bank, &caller, id, request.reason).await?;
    Ok(Json(ApprovalResponse::new(approval, bank.now())))
}

impl ApprovalResponse {
    /// Shows an approval as it stands at `now`.
    pub fn new(approval: Approval, now: Instant) -> Self {
        Self {
            state: approval.state_at(now),
            id: approval.id,
            kind: approval.kind,
            summary: approval.summary,
            payload: approval.payload,
            payload_hash: approval.payload_hash,
            subject: SubjectResponse { kind: approval.subject_kind, id: approval.subject_id },
            reason: approval.reason,
            decide_permission: approval.decide_permission,
            maker: MakerResponse { kind: approval.maker_kind, user_id: approval.maker_user_id },
            checker: approval.checker_user_id,
            created_at: approval.created_at,
            expires_at: approval.expires_at,
            decided_at: approval.decided_at,
            decision_reason: approval.decision_reason,
            result: approval.result,
        }
    }
}

impl From<ApprovalError> for Problem {
    fn from(error: ApprovalError) -> Self {
        match error {
            ApprovalError::Forbidden(forbidden) => forbidden.into(),
            ApprovalError::NotAPerson => Self::forbidden(),
            ApprovalError::NotFound => Self::not_found(),
            ApprovalError::Decided(state) => {
                Self::conflict("already_decided", "The command was decided before").with("state", state)
            }
            ApprovalError::Expired(at) => {
                Self::conflict("approval_expired", "Nobody decided in time").with("expired_at", at)
            }
            ApprovalError::SelfApproval => {
                let status = axum::http::StatusCode::FORBIDDEN;
                Self::new(status, "self_approval", "The maker cannot be the checker")
            }
            ApprovalError::Altered => {
                Self::conflict("approval_altered", "The stored command is not the one that was asked for")
            }
            ApprovalError::UnknownKind(_) => Self::internal(&error),
            ApprovalError::Refused(problem) => *problem,
            ApprovalError::Storage(error) => error.into(),
        }
    }
}
