//! Staff's pages about links to other banks: how they do, one of them, and the inbox of what was reported.
//!
//! No page shows what was read through a link: no name, no number, no amount. Whose a link is leads to the customer's page,
//! which has its own permission.

mod connection;
mod health;
mod inbox;
mod panel;

use utoipa_axum::router::OpenApiRouter;

use crate::Bank;

pub use health::tiles;
pub use panel::of_customer;

/// Where the links are.
const CONNECTIONS: &str = "/admin/connections";
/// Where the inbox is.
const INBOX: &str = "/admin/connections/webhooks";

/// Lists the pages.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().merge(health::routes()).merge(inbox::routes()).merge(connection::routes())
}
