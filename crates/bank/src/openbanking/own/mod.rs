//! Customers' own pages about their accounts at other banks: link one, look at it, renew the consent, end it.
//!
//! The way to a bank leaves from a link on a page of ours and not from a form: browsers hold a form's whole way, its
//! redirects included, against the page's policy, which lets forms go nowhere else.

mod account;
mod banks;
mod connection;
mod insights;
mod words;

use utoipa_axum::router::OpenApiRouter;

use crate::Bank;

pub use words::status_badge;

/// Lists the pages.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .merge(banks::routes())
        .merge(connection::routes())
        .merge(account::routes())
        .merge(insights::routes())
}

/// Returns where a connection's page is.
fn address(id: kernel::ConnectionId) -> String {
    format!("/my/banks/{id}")
}
