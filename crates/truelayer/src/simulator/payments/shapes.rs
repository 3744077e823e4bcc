//! Payments as the API shows them.

use chrono::SecondsFormat;
use kernel::Instant;
use serde_json::{Value, json};

use super::book::{SimulatedPayment, Status};
use crate::environment::join;
use crate::simulator::shared::Shared;

/// The banks that can be paid from: name at the service, name for people, country.
const PROVIDERS: [(&str, &str, &str); 2] = [
    ("mock-payments-gb-redirect", "Mock UK Payments", "GB"),
    ("mock-payments-de-redirect", "Mock Germany Payments", "DE"),
];

pub(super) fn written(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Lists the banks that are offered for a payment.
pub(super) fn providers(payment: &SimulatedPayment) -> Vec<(&'static str, &'static str)> {
    let countries = payment.provider_selection["filter"]["countries"].as_array();
    let is_wanted = |country: &str| {
        countries.is_none_or(|countries| countries.iter().any(|wanted| wanted.as_str() == Some(country)))
    };
    let of_currency = if payment.currency == "GBP" { "GB" } else { "DE" };
    let offered = PROVIDERS.iter().filter(|(_, _, country)| is_wanted(country) && *country == of_currency);
    offered.map(|(id, name, _)| (*id, *name)).collect()
}

fn next(shared: &Shared, payment: &SimulatedPayment) -> Value {
    match (payment.status, &payment.provider_id) {
        (Status::Authorizing, None) => {
            let providers: Vec<Value> = providers(payment)
                .iter()
                .map(|(id, name)| json!({ "id": id, "display_name": name }))
                .collect();
            json!({ "type": "provider_selection", "providers": providers })
        }
        (Status::Authorizing, Some(_)) => {
            json!({ "type": "redirect", "uri": join(&shared.auth, ["pay", &payment.id]) })
        }
        _ => json!({ "type": "wait" }),
    }
}

/// Shows the next step of the authorization.
pub(super) fn flow(shared: &Shared, payment: &SimulatedPayment) -> Value {
    match &payment.failed {
        Some(failed) => json!({
            "status": "failed",
            "failure_stage": failed.stage.as_str(),
            "failure_reason": failed.reason,
        }),
        None => json!({
            "status": "authorizing",
            "authorization_flow": { "actions": { "next": next(shared, payment) } },
        }),
    }
}

/// Shows where the money comes from, once the bank tells.
pub(super) fn source(payment: &SimulatedPayment) -> Value {
    let identifier = if payment.currency == "GBP" {
        json!({ "type": "sort_code_account_number", "sort_code": "012131", "account_number": "10000000" })
    } else {
        json!({ "type": "iban", "iban": "DE89370400440532013000" })
    };
    json!({ "id": payment.source_id, "account_holder_name": "JOHN DOE", "account_identifiers": [identifier] })
}

/// Shows a payment.
pub(super) fn payment(shared: &Shared, payment: &SimulatedPayment) -> Value {
    let mut selection = payment.provider_selection.clone();
    if let Some(provider_id) = &payment.provider_id {
        selection["provider_id"] = provider_id.as_str().into();
    }
    let mut shown = json!({
        "id": payment.id,
        "status": payment.status.as_str(),
        "amount_in_minor": payment.amount_minor,
        "currency": payment.currency,
        "user": { "id": payment.user_id },
        "payment_method": {
            "type": "bank_transfer",
            "provider_selection": selection,
            "beneficiary": payment.beneficiary,
        },
        // The description wants one beside the method's own, and leaves open what is in it.
        "beneficiary": payment.beneficiary,
        "created_at": written(payment.created_at),
        "metadata": payment.metadata,
    });
    let configuration = payment.return_uri.as_ref().map(|uri| json!({ "redirect": { "return_uri": uri } }));
    match payment.status {
        Status::AuthorizationRequired => {}
        Status::Authorizing => {
            let mut flow = json!({ "actions": { "next": next(shared, payment) } });
            if let Some(configuration) = configuration {
                flow["configuration"] = configuration;
            }
            shown["authorization_flow"] = flow;
        }
        Status::Authorized | Status::Executed | Status::Settled | Status::Failed => {
            if let Some(configuration) = configuration {
                shown["authorization_flow"] = json!({ "configuration": configuration });
            }
        }
    }
    if let Some(at) = payment.executed_at {
        shown["executed_at"] = written(at).into();
        shown["payment_source"] = source(payment);
    }
    if let Some(at) = payment.settled_at {
        shown["settled_at"] = written(at).into();
    }
    if let Some(failed) = &payment.failed {
        shown["failed_at"] = written(failed.at).into();
        shown["failure_stage"] = failed.stage.as_str().into();
        shown["failure_reason"] = failed.reason.into();
    }
    if let Some((at, reason)) = payment.reversed {
        shown["reversed_at"] = written(at).into();
        shown["reversal_reason"] = reason.into();
    }
    shown
}
