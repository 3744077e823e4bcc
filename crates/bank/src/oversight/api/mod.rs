//! JSON routes by which staff watches the bank.

mod audit;
mod clock;
mod jobs;
mod ledger;
mod patience;
mod proofs;

use utoipa_axum::router::OpenApiRouter;

use crate::Bank;
use crate::jobs::Registry;

/// Lists the routes; `registry` says what a moved clock makes due.
pub fn routes(registry: Registry) -> OpenApiRouter<Bank> {
    audit::routes()
        .merge(jobs::routes())
        .merge(ledger::routes())
        .merge(proofs::routes())
        .merge(clock::routes(registry))
}
