//! The ledger's proofs for staff.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::{Instant, ProofId};
use ledger::verify::{Fault, Proof};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::patience::{Waited, wait_for};
use crate::oversight::service;
use crate::web::{Json, ListQuery, PageResponse, Path, Problem, Problems, Query};
use crate::{Bank, Caller};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(verify)).routes(routes!(proofs)).routes(routes!(show))
}

/// Shows one run of the ledger's proof.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProofResponse {
    id: ProofId,
    #[schema(value_type = String, format = DateTime)]
    started_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    finished_at: Instant,
    /// Whether nothing was wrong.
    passed: bool,
    #[schema(example = 591)]
    accounts: i64,
    #[schema(example = 22_927)]
    transfers: i64,
    #[schema(example = 45_854)]
    entries: i64,
    #[schema(example = 12)]
    holds: i64,
    /// How many sorts of fault were found.
    #[schema(example = 0)]
    faults: i64,
    /// The first: its sort, its row, what is wrong.
    first_fault: Option<String>,
    /// The last sealed position of the journal.
    #[schema(example = 22_900)]
    sealed_through: i64,
    /// The hash of the newest block, in hexadecimal.
    seal_hash: Option<String>,
    /// How many transfers were not sealed yet.
    #[schema(example = 27)]
    unsealed: i64,
    /// How many signed checkpoints the journal agreed with.
    #[schema(example = 380)]
    checkpoints: i64,
}

/// Shows what a proof found.
#[derive(Debug, Serialize, ToSchema)]
struct VerifiedResponse {
    proof: ProofResponse,
    /// The first fault of each sort; empty when the ledger is right.
    faults: Vec<FaultResponse>,
}

/// Shows the first fault of one sort.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FaultResponse {
    /// The sort.
    #[schema(example = "balance_wrong")]
    kind: &'static str,
    /// The row: an id, or a place in the chain.
    #[schema(example = "acc_01k0z8r9tqe5mbd3v6n2j7x4hc")]
    row: String,
    /// The place in the chain, where there is one.
    position: Option<i64>,
    /// What was expected and what was found.
    detail: String,
    /// How many faults of this sort there are.
    #[schema(example = 1)]
    count: u64,
}

/// Verifies the whole ledger: balances, sequences, sums, seals, checkpoints.
///
/// A ledger that takes longer than a request may is verified to the end: the proof is then listed.
#[utoipa::path(
    post,
    path = "/ledger/verify",
    operation_id = "verify_ledger",
    tag = "ledger",
    responses(
        (status = 200, body = VerifiedResponse),
        (status = 202, description = "It goes on; the proof will be listed"),
        Problems
    )
)]
async fn verify(State(bank): State<Bank>, caller: Caller) -> Result<Response, Problem> {
    let work = async move { service::ledger::verify_ledger(&bank, &caller).await };
    Ok(match wait_for(work).await? {
        Waited::Done((proof, faults)) => {
            let faults = faults.into_iter().map(FaultResponse::from).collect();
            Json(VerifiedResponse { proof: proof.into(), faults }).into_response()
        }
        Waited::GoesOn => StatusCode::ACCEPTED.into_response(),
    })
}

/// Lists the proofs of the ledger, newest first.
#[utoipa::path(
    get,
    path = "/ledger/proofs",
    operation_id = "list_proofs",
    tag = "ledger",
    params(ListQuery),
    responses((status = 200, body = PageResponse<ProofResponse>), Problems)
)]
async fn proofs(
    State(bank): State<Bank>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageResponse<ProofResponse>>, Problem> {
    let page = service::ledger::list_proofs(&bank, &caller, &query.page_of::<ProofId>()?).await?;
    Ok(Json(PageResponse::new(page, ProofResponse::from)))
}

/// Shows one proof of the ledger.
#[utoipa::path(
    get,
    path = "/ledger/proofs/{id}",
    operation_id = "show_proof",
    tag = "ledger",
    params(("id" = ProofId, Path)),
    responses((status = 200, body = ProofResponse), Problems)
)]
async fn show(
    State(bank): State<Bank>,
    caller: Caller,
    Path(id): Path<ProofId>,
) -> Result<Json<ProofResponse>, Problem> {
    Ok(Json(service::ledger::find_proof(&bank, &caller, id).await?.into()))
}

impl From<Proof> for ProofResponse {
    fn from(proof: Proof) -> Self {
        Self {
            id: proof.id,
            started_at: proof.started_at,
            finished_at: proof.finished_at,
            passed: proof.passed,
            accounts: proof.accounts,
            transfers: proof.transfers,
            entries: proof.entries,
            holds: proof.holds,
            faults: proof.faults,
            first_fault: proof.first_fault,
            sealed_through: proof.sealed_through,
            seal_hash: proof.seal_hash.map(hex::encode),
            unsealed: proof.unsealed,
            checkpoints: proof.checkpoints,
        }
    }
}

impl From<Fault> for FaultResponse {
    fn from(fault: Fault) -> Self {
        let Fault { kind, row, position, detail, count } = fault;
        Self { kind: kind.as_str(), row, position, detail, count }
    }
}
