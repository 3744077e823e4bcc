//! The routes of connections.

mod accounts;
mod connections;
mod insights;
mod instructions;
mod link;
mod payments;
mod refusals;
mod returned;
mod tokens;
mod webhook;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Bank;

pub use returned::ReturnQuery;

/// Lists the routes.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(link::create_auth_link))
        .routes(routes!(link::complete_link, link::forward_return))
        .routes(routes!(connections::list_connections))
        .routes(routes!(connections::get_connection, connections::revoke_connection))
        .routes(routes!(link::reauthenticate_connection))
        .routes(routes!(link::extend_connection))
        .routes(routes!(tokens::refresh_tokens))
        .routes(routes!(tokens::token_stats))
        .routes(routes!(webhook::take_webhook))
        .routes(routes!(webhook::take_task_event))
        .routes(routes!(accounts::sync))
        .routes(routes!(accounts::list_accounts))
        .routes(routes!(accounts::get_balance))
        .routes(routes!(accounts::list_transactions))
        .routes(routes!(instructions::list_standing_orders))
        .routes(routes!(instructions::list_direct_debits))
        .routes(routes!(insights::get_insights))
        .routes(routes!(payments::pay_in, payments::list_payments))
        .routes(routes!(payments::take_payment_event))
        .routes(routes!(payments::choose_provider))
        .routes(routes!(payments::get_payment))
        .routes(routes!(connections::list_providers))
}
