//! Every route and every job of the bank, put together.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::jobs::Registry;
use crate::{Bank, jobs, web};

/// Builds the router with all its layers, and the document that describes exactly its routes.
pub fn build(bank: &Bank) -> (Router, OpenApi) {
    web::assemble(bank, slices(), web::Limits::USUAL)
}

/// Lists what each slice contributes, one line a slice, paths without `/api/v1`.
fn slices() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
}

/// Lists which jobs each slice handles and when they fire by themselves, one line a slice.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    jobs::register(&mut registry);
    registry
}
