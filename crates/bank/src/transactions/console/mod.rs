//! Staff's pages about transactions, and what the page of an account shows of them.

mod detail;
mod filters;
mod list;
mod of_account;
mod rows;
mod words;

use utoipa_axum::router::OpenApiRouter;

use crate::Bank;

pub use list::search;
pub use of_account::of_account;

/// Lists the pages.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().merge(list::routes()).merge(detail::routes()).merge(of_account::routes())
}
