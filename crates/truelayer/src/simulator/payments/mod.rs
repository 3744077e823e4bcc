//! Payments API v3: single payments, from creation to settlement, with signed requests and signed events.
//!
//! `authorization_required → authorizing → authorized → executed → settled | failed`. A second after the user has said
//! yes the payment is executed; five seconds later it is settled, if it goes to an account at the service.

mod api;
mod book;
mod create;
mod events;
mod gate;
mod page;
mod shapes;

use axum::Router;
use axum::routing::{get, post};
use url::Url;

pub(super) use book::PaymentBook;

use super::control::{ControlError, UnmatchedMoney};
use super::shared::{Handle, Shared};

/// Lists the routes of the API.
pub(super) fn routes() -> Router<Handle> {
    Router::new()
        .route("/v3/payments", post(create::create))
        .route("/v3/payments/{id}", get(api::find))
        .route("/v3/payments/{id}/authorization-flow", post(api::start))
        .route("/v3/payments/{id}/authorization-flow/actions/provider-selection", post(api::select_provider))
        .route("/v3/payments/{id}/actions/cancel", post(api::cancel))
}

/// Lists the pages of the payer's bank.
pub(super) fn pages() -> Router<Handle> {
    Router::new().route("/pay/{id}", get(page::show).post(page::answer))
}

/// Moves payments on whose time has come, and queues their events.
pub(super) fn advance(shared: &Shared) {
    let now = shared.now();
    let mut world = shared.world();
    let moved = world.payments.advance(now);
    for id in moved {
        events::queue(shared, &mut world, &id);
    }
}

/// Lets a user decide at the bank; returns where the browser goes.
pub(super) fn authorize(shared: &Shared, id: &str, username: &str) -> Result<Url, ControlError> {
    let decision = book::Decision::of(username).ok_or(ControlError::SignIn)?;
    decide(shared, id, decision)
}

fn decide(shared: &Shared, id: &str, decision: book::Decision) -> Result<Url, ControlError> {
    let now = shared.now();
    let mut world = shared.world();
    let payment = world.payments.payments.get_mut(id).ok_or(ControlError::NotFound)?;
    let mut back = payment.decide(decision, now).ok_or(ControlError::State)?;
    back.query_pairs_mut().append_pair("payment_id", id);
    events::queue(shared, &mut world, id);
    Ok(back)
}

/// Sends settled money back.
pub(super) fn reverse(shared: &Shared, id: &str, reason: &'static str) -> Result<(), ControlError> {
    let now = shared.now();
    let mut world = shared.world();
    let payment = world.payments.payments.get_mut(id).ok_or(ControlError::NotFound)?;
    if payment.settled_at.is_none() || payment.reversed.is_some() {
        return Err(ControlError::State);
    }
    payment.reversed = Some((now, reason));
    events::queue(shared, &mut world, id);
    Ok(())
}

/// Reports money that no payment announced.
pub(super) fn receive(shared: &Shared, money: &UnmatchedMoney) {
    events::queue_unmatched(shared, money);
}
