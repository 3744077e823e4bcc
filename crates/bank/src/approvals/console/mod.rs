//! Staff's pages about what takes two people.

mod detail;
mod effect;
mod list;
mod panel;
mod tiles;
mod words;

use axum::Extension;
use utoipa_axum::router::OpenApiRouter;

use super::Executors;
use crate::Bank;

pub use effect::draw_effect;
pub use panel::{of_account, of_transfer};
pub use tiles::tiles;

/// Lists the pages; `executors` carry out what is approved.
pub fn routes(executors: Executors) -> OpenApiRouter<Bank> {
    OpenApiRouter::new().merge(list::routes()).merge(detail::routes()).layer(Extension(executors))
}
