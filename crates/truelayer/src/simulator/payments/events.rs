//! Events of payments.

use serde_json::{Value, json};

use super::book::{SimulatedPayment, Status};
use super::shapes::{source, written};
use crate::simulator::control::UnmatchedMoney;
use crate::simulator::shared::Shared;
use crate::simulator::token;
use crate::simulator::webhooks::{Delivery, Signing};
use crate::simulator::world::World;

/// Queues the event that belongs to a payment's state; creation and redirection have none.
pub(super) fn queue(shared: &Shared, world: &mut World, id: &str) {
    let body = world.payments.payments.get(id).and_then(|payment| body(shared, payment));
    if let Some(body) = body {
        push(shared, world, &body);
    }
}

/// Queues the event of money that no payment announced.
pub(super) fn queue_unmatched(shared: &Shared, money: &UnmatchedMoney) {
    let body = json!({
        "type": "external_payment_received",
        "event_version": 1,
        "event_id": token::uuid(&shared.random),
        "transaction_id": token::uuid(&shared.random),
        "currency": money.currency,
        "amount_in_minor": money.amount_minor,
        "settled_at": written(shared.now()),
        "merchant_account_id": money.merchant_account_id,
        "remitter": {
            "account_holder_name": "JANE ROE",
            "account_identifiers": [
                { "type": "sort_code_account_number", "sort_code": "012131", "account_number": "10000099" },
            ],
            "reference": money.reference,
        },
    });
    push(shared, &mut shared.world(), &body);
}

fn push(shared: &Shared, world: &mut World, body: &Value) {
    let url = world.client.webhook.as_ref().and_then(|webhook| webhook.payment_events.clone());
    let Some(url) = url else { return };
    let delivery = Delivery::new(url, body.to_string().into_bytes(), Signing::TlSignature, shared.now());
    let modes = world.modes.webhooks.clone();
    world.outbox.push_event(delivery, &modes);
}

fn body(shared: &Shared, payment: &SimulatedPayment) -> Option<Value> {
    let mut event = json!({
        "event_version": 1,
        "event_id": token::uuid(&shared.random),
        "payment_id": payment.id,
        "metadata": payment.metadata,
    });
    let scheme = if payment.currency == "GBP" { "faster_payments_service" } else { "sepa_credit_transfer" };
    let mut method = json!({ "type": "bank_transfer", "scheme_id": scheme });
    if let Some(provider_id) = &payment.provider_id {
        method["provider_id"] = provider_id.as_str().into();
    }
    if let Some((at, reason)) = payment.reversed {
        event["type"] = "payment_reversed".into();
        event["reversed_at"] = written(at).into();
        event["reversal_reason"] = reason.into();
        return Some(event);
    }
    event["payment_method"] = method;
    match payment.status {
        Status::AuthorizationRequired | Status::Authorizing => return None,
        Status::Authorized => {
            event["type"] = "payment_authorized".into();
            event["authorized_at"] = written(payment.authorized_at?).into();
        }
        Status::Executed => {
            event["type"] = "payment_executed".into();
            event["executed_at"] = written(payment.executed_at?).into();
        }
        Status::Settled => {
            event["type"] = "payment_settled".into();
            event["settled_at"] = written(payment.settled_at?).into();
            event["payment_source"] = source(payment);
            event["user_id"] = payment.user_id.as_str().into();
        }
        Status::Failed => {
            let failed = payment.failed?;
            event["type"] = "payment_failed".into();
            event["failed_at"] = written(failed.at).into();
            event["failure_stage"] = failed.stage.as_str().into();
            event["failure_reason"] = failed.reason.into();
        }
    }
    Some(event)
}
