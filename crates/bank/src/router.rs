//! Every route of the bank, put together.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Bank, accounts, approvals, challenges, identity, kyc, oversight, transactions, transfers, web, work,
};

/// Builds the router with all its layers, and the document that describes exactly its routes.
pub fn build(bank: &Bank) -> (Router, OpenApi) {
    web::assemble(bank, web::Slices::without_pages(slices()), web::Limits::USUAL, identity::authenticate)
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
}
