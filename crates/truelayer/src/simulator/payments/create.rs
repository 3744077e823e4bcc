//! `POST /v3/payments`.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Uri};
use serde_json::{Map, Value, json};

use super::book::{Request, SimulatedPayment};
use super::gate::{self, Incoming, Refusal};
use crate::simulator::shared::{Handle, Shared};
use crate::simulator::token;

/// Creates a payment.
pub(super) async fn create(
    State(shared): State<Handle>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = shared.now();
    let mut world = shared.world();
    let incoming = Incoming { path: uri.path(), headers: &headers, body: &body };
    let admitted = match gate::admit(&world, &incoming, now) {
        Err(refusal) => return gate::refuse(&shared, &refusal),
        Ok(Err(receipt)) => return gate::reply(&shared, receipt.status, receipt.body),
        Ok(Ok(admitted)) => admitted,
    };
    let errors = judge(&admitted.fields);
    if !errors.is_empty() {
        return gate::refuse(&shared, &Refusal::invalid(errors.into()));
    }
    let payment = SimulatedPayment::new(request(&shared, &admitted.fields), now);
    let answer = json!({
        "id": payment.id,
        "user": { "id": payment.user_id },
        "resource_token": format!("{}.{}.sim", token::refresh(&shared.random), token::refresh(&shared.random)),
        "status": payment.status.as_str(),
    });
    world.payments.payments.insert(payment.id.clone(), payment);
    gate::remember(&shared, &mut world, admitted, (201, &answer))
}

/// Lists what is wrong, by field.
fn judge(fields: &Value) -> Map<String, Value> {
    let mut errors = Map::new();
    let mut refuse = |field: &str, words: &str| errors.insert(field.to_owned(), json!([words]));
    if fields["amount_in_minor"].as_i64().is_none_or(|minor| minor <= 0) {
        refuse("amount_in_minor", "Must be a whole number above zero.");
    }
    if !matches!(fields["currency"].as_str(), Some("GBP" | "EUR")) {
        refuse("currency", "Must be GBP or EUR.");
    }
    let method = &fields["payment_method"];
    if method["type"] != "bank_transfer" {
        refuse("payment_method.type", "Must be bank_transfer.");
    }
    let selection = &method["provider_selection"];
    let is_selected = match selection["type"].as_str() {
        Some("user_selected") => true,
        Some("preselected") => {
            selection["provider_id"].as_str().is_some_and(|id| id.starts_with("mock-payments-"))
        }
        _ => false,
    };
    if !is_selected {
        refuse(
            "payment_method.provider_selection",
            "Must be user_selected, or preselected with a known provider.",
        );
    }
    let beneficiary = &method["beneficiary"];
    let is_payable = match beneficiary["type"].as_str() {
        Some("merchant_account") => beneficiary["merchant_account_id"].is_string(),
        Some("external_account") => {
            let reference = beneficiary["reference"].as_str().unwrap_or_default();
            beneficiary["account_identifier"]["type"].is_string() && (1..=18).contains(&reference.len())
        }
        _ => false,
    };
    if !is_payable {
        refuse(
            "payment_method.beneficiary",
            "Must be a merchant account or an external account with a reference.",
        );
    }
    let user = &fields["user"];
    if !user["name"].is_string() || !(user["email"].is_string() || user["phone"].is_string()) {
        refuse("user", "Must have a name, and an email or a phone.");
    }
    if fields["metadata"].as_object().is_some_and(|metadata| metadata.len() > 10) {
        refuse("metadata", "Must have at most ten entries.");
    }
    errors
}

fn request(shared: &Shared, fields: &Value) -> Request {
    let uuid = || token::uuid(&shared.random);
    let method = &fields["payment_method"];
    Request {
        id: uuid(),
        amount_minor: fields["amount_in_minor"].as_i64().unwrap_or_default(),
        currency: fields["currency"].as_str().unwrap_or_default().to_owned(),
        provider_selection: method["provider_selection"].clone(),
        beneficiary: method["beneficiary"].clone(),
        user_id: fields["user"]["id"].as_str().map_or_else(uuid, str::to_owned),
        source_id: uuid(),
        metadata: if fields["metadata"].is_object() { fields["metadata"].clone() } else { json!({}) },
    }
}
