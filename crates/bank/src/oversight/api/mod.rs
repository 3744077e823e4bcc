//! JSON routes by which staff watches the bank.

mod audit;
mod clock;
mod jobs;
mod ledger;
mod patience;
mod proofs;
mod schedules;
mod status;
mod turnover;

use utoipa_axum::router::OpenApiRouter;

use crate::Bank;
use crate::jobs::Registry;

/// Lists the routes; `registry` names the schedules, and what a moved clock makes due.
pub fn routes(registry: Registry) -> OpenApiRouter<Bank> {
    audit::routes()
        .merge(jobs::routes())
        .merge(ledger::routes())
        .merge(proofs::routes())
        .merge(status::routes())
        .merge(turnover::routes())
        .merge(schedules::routes(registry.clone()))
        .merge(clock::routes(registry))
}
