//! The data server: every read of Data API v1, asynchronous or not, and the extension of links.
//!
//! A read passes these in order: the token, what is wrong with the user, the scope, the consent, the account, what the
//! bank can do, the cache of an hour, the window, and the four calls of a day without the user. [`guard`] has them.

mod extend;
mod guard;
mod question;
mod rows;
mod serve;
mod tasks;

use axum::Router;
use axum::routing::{get, post};
use tower_http::compression::CompressionLayer;

use super::shared::Handle;

/// Lists the routes.
pub(super) fn routes() -> Router<Handle> {
    Router::new()
        .route("/data/v1/results/{task}", get(tasks::results))
        .route("/data/v1/connections/extend", post(extend::extend))
        .route("/data/v1/{*path}", get(serve::read))
        .layer(CompressionLayer::new().gzip(true))
}
