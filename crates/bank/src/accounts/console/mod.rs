//! Staff's pages about accounts, and what pages of others show of them.

mod actions;
mod detail;
mod limits;
mod list;
mod of_customer;
mod tiles;
mod words;

use utoipa_axum::router::OpenApiRouter;

use crate::Bank;

pub use list::search;
pub use of_customer::{holders, of_customer};
pub use tiles::tiles;

/// Lists the pages.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .merge(list::routes())
        .merge(detail::routes())
        .merge(actions::routes())
        .merge(limits::routes())
}
