//! How the books and the log stand, and proofs as background work.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use kernel::{AuditId, Instant};
use ledger::seal::Standing;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::JobResponse;
use super::proofs::ProofResponse;
use crate::audit::AuditEvent;
use crate::oversight::{Proved, service};
use crate::web::{Json, Problem, Problems};
use crate::{Bank, Caller};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(ledger_status))
        .routes(routes!(prove_ledger))
        .routes(routes!(audit_status))
        .routes(routes!(prove_audit_log))
}

/// Shows how far a chain is sealed and signed.
#[derive(Debug, Serialize, ToSchema)]
struct StandingResponse {
    /// The last sealed position; 0 while nothing is sealed.
    #[schema(example = 22_900)]
    sealed_through: i64,
    /// When the newest block was sealed.
    #[schema(value_type = Option<String>, format = DateTime)]
    sealed_at: Option<Instant>,
    /// How many rows are not sealed yet, 100,000 at most: nothing protects them.
    #[schema(example = 27)]
    unsealed: u64,
    /// The position up to which the newest checkpoint is signed.
    #[schema(example = 22_900)]
    signed_through: Option<i64>,
    /// When the newest checkpoint was signed.
    #[schema(value_type = Option<String>, format = DateTime)]
    signed_at: Option<Instant>,
}

/// Shows how the books stand.
#[derive(Debug, Serialize, ToSchema)]
struct LedgerStatusResponse {
    /// The bank's day.
    #[schema(value_type = String, format = Date)]
    business_on: NaiveDate,
    /// The last proof; null before the first.
    last_proof: Option<ProofResponse>,
    /// The proof that waits or runs, with its progress.
    running: Option<JobResponse>,
    journal: StandingResponse,
}

/// Shows what the last verification of the audit log found.
#[derive(Debug, Serialize, ToSchema)]
struct AuditVerificationResponse {
    /// Its row in the log.
    id: AuditId,
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// Whether nothing was touched, how many rows there were, the first fault.
    #[schema(value_type = Option<Object>, example = json!({"passed": true, "rows": 1042, "first_fault": null}))]
    found: Option<Value>,
}

/// Shows how the audit log stands.
#[derive(Debug, Serialize, ToSchema)]
struct AuditStatusResponse {
    /// The last verification; null before the first.
    last_verification: Option<AuditVerificationResponse>,
    /// The verification that waits or runs, with its progress.
    running: Option<JobResponse>,
    log: StandingResponse,
}

/// Says how the books stand: the last proof, the one that runs, and how far the journal is sealed and signed.
#[utoipa::path(
    get,
    path = "/ledger/status",
    operation_id = "show_ledger_status",
    tag = "ledger",
    responses((status = 200, body = LedgerStatusResponse), Problems)
)]
async fn ledger_status(
    State(bank): State<Bank>,
    caller: Caller,
) -> Result<Json<LedgerStatusResponse>, Problem> {
    let status = service::status::ledger_status(&bank, &caller).await?;
    Ok(Json(LedgerStatusResponse {
        business_on: status.business_on,
        last_proof: status.last.map(ProofResponse::from),
        running: status.running.map(JobResponse::from),
        journal: status.journal.into(),
    }))
}

/// Asks for a proof of the ledger as background work; one that waits or runs already is not doubled.
///
/// `GET /ledger/status` tells how far it is; when it is done, it is listed.
#[utoipa::path(
    post,
    path = "/ledger/proofs",
    operation_id = "request_ledger_proof",
    tag = "ledger",
    responses((status = 202, description = "It waits or runs", body = JobResponse), Problems)
)]
async fn prove_ledger(
    State(bank): State<Bank>,
    caller: Caller,
) -> Result<(StatusCode, Json<JobResponse>), Problem> {
    let job = service::proofs::request(&bank, &caller, Proved::Ledger).await?;
    Ok((StatusCode::ACCEPTED, Json(job.into())))
}

/// Says how the audit log stands: the last verification, the one that runs, and how far it is sealed and signed.
#[utoipa::path(
    get,
    path = "/audit-log/status",
    operation_id = "show_audit_status",
    tag = "audit",
    responses((status = 200, body = AuditStatusResponse), Problems)
)]
async fn audit_status(
    State(bank): State<Bank>,
    caller: Caller,
) -> Result<Json<AuditStatusResponse>, Problem> {
    let status = service::status::audit_status(&bank, &caller).await?;
    Ok(Json(AuditStatusResponse {
        last_verification: status.last.map(AuditVerificationResponse::from),
        running: status.running.map(JobResponse::from),
        log: status.log.into(),
    }))
}

/// Asks for a verification of the audit log as background work; one that waits or runs already is not doubled.
///
/// `GET /audit-log/status` tells how far it is; what is found is written into the log.
#[utoipa::path(
    post,
    path = "/audit-log/proofs",
    operation_id = "request_audit_proof",
    tag = "audit",
    responses((status = 202, description = "It waits or runs", body = JobResponse), Problems)
)]
async fn prove_audit_log(
    State(bank): State<Bank>,
    caller: Caller,
) -> Result<(StatusCode, Json<JobResponse>), Problem> {
    let job = service::proofs::request(&bank, &caller, Proved::AuditLog).await?;
    Ok((StatusCode::ACCEPTED, Json(job.into())))
}

impl From<Standing> for StandingResponse {
    fn from(standing: Standing) -> Self {
        let Standing { sealed_through, sealed_at, unsealed, checkpoint } = standing;
        Self {
            sealed_through,
            sealed_at,
            unsealed,
            signed_through: checkpoint.as_ref().map(|checkpoint| checkpoint.through_position),
            signed_at: checkpoint.map(|checkpoint| checkpoint.signed_at),
        }
    }
}

impl From<AuditEvent> for AuditVerificationResponse {
    fn from(row: AuditEvent) -> Self {
        Self { id: row.id, at: row.at, found: row.after_values }
    }
}
