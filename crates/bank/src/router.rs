//! Every route of the bank, put together.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::web::Slices;
use crate::web::page::Contributions;
use crate::{
    Bank, accounts, approvals, challenges, console, identity, kyc, openbanking, oversight, transactions,
    transfers, web, work,
};

/// Builds the router with all its layers, and the document that describes exactly its routes.
pub fn build(bank: &Bank) -> (Router, OpenApi) {
    let slices = Slices { api: slices(), pages: pages(), contributions: &CONTRIBUTIONS };
    web::assemble(bank, slices, web::Limits::USUAL, identity::authenticate)
}

/// Describes the staff's pages; nobody publishes it, but the authorization matrix goes by it.
pub fn console_document() -> OpenApi {
    pages().split_for_parts().1
}

/// Lists what each slice contributes, one line a slice, paths without `/api/v1`.
fn slices() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .merge(identity::api::routes())
        .merge(challenges::api::routes())
        .merge(approvals::api::routes(work::executors()))
        .merge(oversight::api::routes(work::registry()))
        .merge(kyc::api::routes())
        .merge(accounts::api::routes())
        .merge(transfers::routes())
        .merge(transactions::routes())
        .merge(openbanking::routes())
}

/// Lists the pages that each slice contributes, one line a slice.
fn pages() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .merge(console::routes())
        .merge(identity::console::routes())
        .merge(kyc::console::routes())
        .merge(approvals::console::routes(work::executors()))
        .merge(accounts::console::routes())
        .merge(transactions::console::routes())
        .merge(transfers::console::routes())
        .merge(oversight::console::routes(work::registry()))
        .merge(openbanking::console::routes())
        .merge(openbanking::own::routes())
}

/// Lists what the slices show on one another's pages, in the order in which it stands there.
static CONTRIBUTIONS: Contributions = Contributions {
    customer: &[kyc::console::of_customer, accounts::console::of_customer, openbanking::console::of_customer],
    account: &[approvals::console::of_account, transactions::console::of_account],
    account_actions: &[transfers::console::of_account],
    transaction_actions: &[transfers::console::of_transaction, approvals::console::of_transfer],
    home: &[
        approvals::console::tiles,
        oversight::console::jobs_tiles,
        oversight::console::money_tiles,
        oversight::console::health_tiles,
        identity::console::tiles,
        accounts::console::tiles,
        openbanking::console::tiles,
    ],
    home_sections: &[oversight::console::movements],
    search: &[
        identity::console::search,
        accounts::console::search,
        transactions::console::search,
        identity::console::search_team,
        oversight::console::search_jobs,
    ],
    holders: &[accounts::console::holders],
};
