//! The auth server: links and their pages, tokens, the end of links, the list of banks.

mod dialog;
mod ends;
mod grant;
mod link;
mod token;

use axum::Router;
use axum::routing::{delete, get, post};

pub(super) use grant::{Outcome, Return, complete};
pub(super) use link::{LinkQuery, Renewal, address, open, renewal};
pub(super) use token::is_registered;

use super::shared::Handle;

/// Lists the routes.
pub(super) fn routes() -> Router<Handle> {
    Router::new()
        .route("/", get(dialog::begin))
        .route("/dialog/{session}", get(dialog::show).post(dialog::answer))
        .route("/connect/token", post(token::issue))
        .route("/api/delete", delete(ends::delete))
        .route("/api/debug", post(ends::debug).delete(ends::delete_debug))
        .route("/api/providers", get(ends::providers))
        .route("/v1/authuri", post(link::direct))
        .route("/v1/reauthuri", post(link::reauthenticate))
}
