//! The proofs of the ledger, and what each found.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::ProofId;
use ledger::verify::Proof;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ledger::outcome;
use crate::Bank;
use crate::oversight::service::ledger as books;
use crate::web::page::{Badge, Listing, Look, Staff};
use crate::web::{Path, Problem};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(proofs_page)).routes(routes!(proof_page))
}

#[derive(Template)]
#[template(path = "oversight/pages/proofs.html")]
struct ProofsPage<'a> {
    look: &'a Look,
    title: &'static str,
    listing: Listing,
    rows: Vec<Row>,
}

struct Row {
    proof: Proof,
    badge: Badge,
    took: String,
}

impl From<Proof> for Row {
    fn from(proof: Proof) -> Self {
        Self { badge: outcome(proof.passed), took: took(&proof), proof }
    }
}

/// Writes how long a proof took, to a tenth of a second.
fn took(proof: &Proof) -> String {
    let milliseconds = (proof.finished_at - proof.started_at).num_milliseconds().max(0);
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}

#[derive(Template)]
#[template(path = "oversight/pages/proof.html")]
struct ProofPage<'a> {
    look: &'a Look,
    title: &'static str,
    row: Row,
    seal: Option<String>,
}

/// Lists the proofs of the ledger, newest first.
#[utoipa::path(
    get, path = "/admin/ledger/proofs", tag = "ledger", operation_id = "proofs_page", responses((status = 200))
)]
async fn proofs_page(State(bank): State<Bank>, staff: Staff, listing: Listing) -> Result<Response, Problem> {
    let page = listing.page_of::<ProofId>()?;
    let page = books::list_proofs(&bank, &staff.caller, &page).await?;
    let listing = listing.followed_by(page.next.as_ref());
    let rows = page.items.into_iter().map(Row::from).collect();
    staff.show(&ProofsPage { look: &staff.look, title: "Proofs", listing, rows })
}

/// Shows what one proof read and found.
#[utoipa::path(
    get, path = "/admin/ledger/proofs/{id}", tag = "ledger", operation_id = "proof_page",
    responses((status = 200))
)]
async fn proof_page(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<ProofId>,
) -> Result<Response, Problem> {
    let proof = books::find_proof(&bank, &staff.caller, id).await?;
    let seal = proof.seal_hash.as_ref().map(hex::encode);
    staff.show(&ProofPage { look: &staff.look, title: "Proof", row: proof.into(), seal })
}
