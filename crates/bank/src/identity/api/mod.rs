//! JSON routes of identity, and the layer that finds out who asks.

mod api_keys;
mod auth;
mod authenticate;
mod cookies;
mod me;
mod problem;
mod second_factor;
mod sessions;
mod users;
mod users_shapes;

use std::fmt::Display;
use std::str::FromStr;

use utoipa_axum::router::OpenApiRouter;

use crate::Bank;
use crate::web::Problem;

pub use authenticate::authenticate as authenticate_call;

/// Lists the routes.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .merge(auth::routes())
        .merge(me::routes())
        .merge(second_factor::routes())
        .merge(sessions::routes())
        .merge(api_keys::routes())
        .merge(users::routes())
}

/// Parses a field, naming it when it does not fit.
fn parsed<T: FromStr<Err: Display>>(pointer: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| Problem::invalid_field(pointer, error.to_string()))
}
