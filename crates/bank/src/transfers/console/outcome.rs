//! What came of a command, kept with its form's key, and the page that tells of it.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::transfers::Payment;
use crate::transfers::model::Done;
use crate::web::page::{Staff, place_of};

/// Writes what came of a command.
pub(super) fn made(done: Done<Payment>) -> (StatusCode, Value) {
    match done {
        Done::Now(payment) => (StatusCode::CREATED, json!({ "transfer_id": payment.transfer.id })),
        Done::Waiting(approval) => (StatusCode::ACCEPTED, json!({ "approval_id": approval })),
    }
}

/// Goes on to the transfer, or to the approval that is waited for.
pub(super) fn go_on(staff: &Staff, made: &Value) -> Response {
    let (id, message) = match made["approval_id"].as_str() {
        Some(approval) => (approval, "It waits for a second person. Nothing has moved yet."),
        None => (made["transfer_id"].as_str().unwrap_or_default(), "Booked."),
    };
    staff.done(&place_of(id).unwrap_or_default(), message)
}
