//! Staff's pages about the books, the audit log and background work.

mod audit;
mod audit_event;
mod audit_filter;
mod difference;
mod job;
mod jobs;
mod ledger;
mod ledger_accounts;
mod months;
mod movements;
mod people;
mod proof;
mod proofs;
mod schedules;
mod tiles;
mod trial;

use ::ledger::chart::CUSTOMER_DEPOSIT;
use axum::Extension;
use utoipa_axum::router::OpenApiRouter;

use crate::Bank;
use crate::jobs::Registry;

pub use jobs::search as search_jobs;
pub use movements::movements;
pub use tiles::{health_tiles, jobs_tiles, money_tiles};

/// Lists the pages; `registry` names the kinds of work and the schedules.
pub fn routes(registry: Registry) -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .merge(ledger::routes())
        .merge(trial::routes())
        .merge(ledger_accounts::routes())
        .merge(months::routes())
        .merge(proofs::routes())
        .merge(audit::routes())
        .merge(audit_event::routes())
        .merge(jobs::routes())
        .merge(job::routes())
        .merge(schedules::routes())
        .layer(Extension(registry))
}

/// Writes a code of the chart for people: `settlement_wires` becomes `Settlement wires`.
fn spoken(code: &str) -> String {
    match code {
        CUSTOMER_DEPOSIT => return "Customer deposits".to_owned(),
        "fx_position" => return "FX position".to_owned(),
        "write_offs" => return "Write-offs".to_owned(),
        _ => {}
    }
    let text = code.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_spoken() {
        assert_eq!(super::spoken("fx_position"), "FX position");
        assert_eq!(super::spoken("settlement_wires"), "Settlement wires");
        assert_eq!(super::spoken(""), "");
    }
}
