//! The console's own pages: home, search and palette. Everything else belongs to a slice.
//!
//! What they show comes from the slices ([`Contributions`](crate::web::page::Contributions), filled in `router.rs`): none of them
//! is named here. A page costs what its slices' parts cost, one after the other.

mod home;
mod search;

use utoipa_axum::router::OpenApiRouter;

use crate::Bank;
use crate::web::page;

/// Lists the pages.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().merge(home::routes()).merge(search::routes()).merge(page::theme_routes())
}
