//! The routes of transfers.

mod batch;
mod cash;
mod holds;
mod payees;
mod refusals;
mod shapes;
mod transfers;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Bank;

/// Lists the routes.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(payees::look_up_payee))
        .routes(routes!(transfers::create_transfer))
        .routes(routes!(batch::create_transfers))
        .routes(routes!(transfers::get_transfer))
        .routes(routes!(holds::capture_transfer))
        .routes(routes!(holds::release_transfer))
        .routes(routes!(transfers::reverse_transfer))
        .routes(routes!(transfers::preview_reversal))
        .routes(routes!(cash::operate_cash))
        .routes(routes!(cash::preview_cash))
}
