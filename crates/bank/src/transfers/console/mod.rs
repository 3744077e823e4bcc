//! Staff's pages on which money is moved: cash at the counter, and reversals. Both show what will happen first.

mod cash;
mod outcome;
mod panels;
mod reversal;

use utoipa_axum::router::OpenApiRouter;

use crate::Bank;

pub use panels::{of_account, of_transaction};

/// Lists the pages.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().merge(cash::routes()).merge(reversal::routes())
}
