//! The page of the payer's bank.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::Deserialize;

use super::book::{Decision, Status};
use crate::decimal::Decimal;
use crate::simulator::pages;
use crate::simulator::shared::{Handle, Shared};

/// Shows what is to be paid.
pub(super) async fn show(State(shared): State<Handle>, Path(id): Path<String>) -> Response {
    page(&shared, &id, None)
}

fn page(shared: &Shared, id: &str, message: Option<&str>) -> Response {
    let world = shared.world();
    let waiting = world.payments.payments.get(id).filter(|payment| payment.status == Status::Authorizing);
    let Some(payment) = waiting else {
        return pages::failure(StatusCode::GONE, "This payment needs no authorization.");
    };
    let amount = format!("{} {}", Decimal::from_minor(payment.amount_minor, 2), payment.currency);
    let beneficiary = payment.beneficiary["account_holder_name"].as_str().unwrap_or("the merchant");
    pages::payment(id, &amount, beneficiary, message)
}

#[derive(Deserialize)]
pub(super) struct Answer {
    action: String,
    #[serde(default)]
    username: String,
}

/// Takes the payer's decision.
pub(super) async fn answer(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    Form(answer): Form<Answer>,
) -> Response {
    let decision = match answer.action.as_str() {
        "cancel" => Some(Decision::Cancel),
        _ => Decision::of(&answer.username),
    };
    let Some(decision) = decision else {
        return page(&shared, &id, Some("The bank does not know this name."));
    };
    match super::decide(&shared, &id, decision) {
        Ok(back) => (StatusCode::SEE_OTHER, [(header::LOCATION, back.to_string())]).into_response(),
        Err(_) => pages::failure(StatusCode::GONE, "This payment needs no authorization."),
    }
}
