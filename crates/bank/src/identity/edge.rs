//! Who asks: by the cookie of its side for a page, by a token or a key for everything else.

use axum::extract::Request;
use futures_util::future::BoxFuture;

use super::{api, console};
use crate::Bank;
use crate::web::Problem;
use crate::web::page::Area;

/// Leaves a [`Caller`](crate::Caller) in the request when it shows something that holds.
///
/// # Errors
/// 503 or 500 when the database cannot say who it is.
pub fn authenticate<'a>(bank: &'a Bank, request: &'a mut Request) -> BoxFuture<'a, Result<(), Problem>> {
    match Area::of(request.uri().path()) {
        Some(area) => console::enter(bank, request, area),
        None => api::authenticate_call(bank, request),
    }
}
