//! Staff's pages about people, and the door of the console.

mod customer;
mod customers;
mod door;
mod enrolment;
mod enter;
mod history;
mod oneself;
mod team;
mod tiles;

use utoipa_axum::router::OpenApiRouter;

use crate::Bank;

pub use customer::{address as customer_address, show as show_customer};
pub use customers::search;
pub use enter::enter;
pub use history::history;
pub use team::{address as member_address, search as search_team};
pub use tiles::tiles;

/// Lists the pages.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .merge(door::routes())
        .merge(oneself::routes())
        .merge(enrolment::routes())
        .merge(customers::routes())
        .merge(customer::routes())
        .merge(team::routes())
}
