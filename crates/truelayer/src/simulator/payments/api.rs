//! The authorization of payments, their state, and giving them up.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, Uri};
use serde_json::{Value, json};
use url::Url;

use super::book::{SimulatedPayment, Status};
use super::gate::{self, Incoming, Refusal};
use super::{events, shapes};
use crate::simulator::shared::{Handle, Shared};

/// Reads a payment.
pub(super) async fn find(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let world = shared.world();
    if let Err(refusal) = gate::authenticate(&world, &headers, shared.now()) {
        return gate::refuse(&shared, &refusal);
    }
    match world.payments.payments.get(&id) {
        Some(payment) => {
            gate::reply(&shared, 200, shapes::payment(&shared, payment).to_string().into_bytes())
        }
        None => gate::refuse(&shared, &Refusal::NOT_FOUND),
    }
}

/// Begins the authorization.
pub(super) async fn start(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let incoming = Incoming { path: uri.path(), headers: &headers, body: &body };
    write(&shared, &id, &incoming, |payment, fields| {
        if payment.status != Status::AuthorizationRequired {
            return Err(Refusal::INVALID_STATE);
        }
        let back = fields["redirect"]["return_uri"].as_str().and_then(|text| text.parse::<Url>().ok());
        let missing = || Refusal::invalid(json!({ "redirect.return_uri": ["Required."] }));
        payment.return_uri = Some(back.ok_or_else(missing)?);
        if payment.provider_id.is_none() && !fields["provider_selection"].is_object() {
            return Err(Refusal::invalid(json!({ "provider_selection": ["Required."] })));
        }
        payment.status = Status::Authorizing;
        Ok(())
    })
}

/// Takes the user's choice of a bank.
pub(super) async fn select_provider(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let incoming = Incoming { path: uri.path(), headers: &headers, body: &body };
    write(&shared, &id, &incoming, |payment, fields| {
        if payment.status != Status::Authorizing || payment.provider_id.is_some() {
            return Err(Refusal::INVALID_STATE);
        }
        let chosen = fields["provider_id"].as_str().unwrap_or_default();
        let is_offered = shapes::providers(payment).iter().any(|(id, _)| *id == chosen);
        if !is_offered {
            return Err(Refusal::invalid(json!({ "provider_id": ["Not offered."] })));
        }
        payment.provider_id = Some(chosen.to_owned());
        Ok(())
    })
}

/// Changes a payment once, and answers with its next step.
fn write(
    shared: &Shared,
    id: &str,
    incoming: &Incoming<'_>,
    change: impl FnOnce(&mut SimulatedPayment, &Value) -> Result<(), Refusal>,
) -> Response {
    let mut world = shared.world();
    let admitted = match gate::admit(&world, incoming, shared.now()) {
        Err(refusal) => return gate::refuse(shared, &refusal),
        Ok(Err(receipt)) => return gate::reply(shared, receipt.status, receipt.body),
        Ok(Ok(admitted)) => admitted,
    };
    let Some(payment) = world.payments.payments.get_mut(id) else {
        return gate::refuse(shared, &Refusal::NOT_FOUND);
    };
    if let Err(refusal) = change(payment, &admitted.fields) {
        return gate::refuse(shared, &refusal);
    }
    let answer = shapes::flow(shared, payment);
    gate::remember(shared, &mut world, admitted, (200, &answer))
}

/// Gives a payment up that is not authorized yet.
pub(super) async fn cancel(
    State(shared): State<Handle>,
    Path(id): Path<String>,
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
    let Some(payment) = world.payments.payments.get_mut(&id) else {
        return gate::refuse(&shared, &Refusal::NOT_FOUND);
    };
    if !matches!(payment.status, Status::AuthorizationRequired | Status::Authorizing) {
        return gate::refuse(&shared, &Refusal::INVALID_STATE);
    }
    payment.fail("canceled", now);
    events::queue(&shared, &mut world, &id);
    gate::remember(&shared, &mut world, admitted, (202, &Value::Null))
}
