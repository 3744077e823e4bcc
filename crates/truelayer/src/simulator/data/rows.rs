//! The rows of answers, written with the digits of the book.

use chrono::SecondsFormat;
use kernel::{Instant, Random};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::question::Days;
use crate::decimal::Decimal;
use crate::simulator::book::{self, Holder, HolderKind, Row};
use crate::simulator::consent::Credential;
use crate::simulator::provider::FakeBank;
use crate::simulator::token;

/// Stands for amounts inside [`json!`] until the text is written: numbers of a [`Value`] would be floats.
const MARK: &str = "\u{0}amount:";

/// Writes an amount in minor units of pounds or euros, both of which have two decimals.
fn amount(minor: i64) -> Value {
    Value::String(format!("{MARK}{}", Decimal::from_minor(minor, 2)))
}

/// Writes rows, with marked texts as the numbers they stand for.
pub(super) fn write(rows: &[Value]) -> Vec<u8> {
    #[derive(Serialize)]
    struct Envelope {
        results: Box<RawValue>,
        status: &'static str,
    }
    let text = Value::from(rows.to_vec()).to_string();
    let mut parts = text.split("\"\\u0000amount:");
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once('"').unwrap_or((part, ""));
        written.push_str(number);
        written.push_str(rest);
    }
    let results = RawValue::from_string(written).expect("rows are JSON");
    serde_json::to_vec(&Envelope { results, status: "Succeeded" }).expect("an envelope is JSON")
}

fn written(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

pub(super) fn me(credential: &Credential, client_id: &str, now: Instant) -> Value {
    let millis = |at: Instant| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({
        "client_id": client_id,
        "credentials_id": credential.id,
        "consent_status": credential.status_name(now),
        "consent_status_updated_at": millis(credential.status_at),
        "consent_created_at": millis(credential.created_at),
        "consent_expires_at": millis(credential.expires_at),
        "provider": {
            "display_name": credential.bank.name,
            "logo_uri": format!("https://auth.truelayer.com/img/banks/{}.svg", credential.bank.id),
            "provider_id": credential.bank.id,
        },
        "scopes": credential.scopes.iter().map(crate::Scope::as_str).collect::<Vec<_>>(),
        "privacy_policy": "Feb2019",
    })
}

pub(super) fn info(credential: &Credential, now: Instant) -> Value {
    let number = credential.user.number();
    let suffix = if number == 0 { String::new() } else { format!(" {number}") };
    json!({
        "full_name": format!("John Doe{suffix}"),
        "emails": ["john.doe@example.com"],
        "update_timestamp": written(now),
    })
}

pub(super) fn account(holder: &Holder, bank: &FakeBank, id: &str, now: Instant) -> Value {
    let kind = match holder.kind {
        HolderKind::Savings => "SAVINGS",
        HolderKind::Business => "BUSINESS_TRANSACTION",
        HolderKind::Current | HolderKind::Card => "TRANSACTION",
    };
    let mut numbers = json!({ "number": holder.number, "swift_bic": holder.bic });
    if let Some(sort_code) = holder.sort_code {
        numbers["sort_code"] = sort_code.into();
    }
    if let Some(iban) = &holder.iban {
        numbers["iban"] = iban.as_str().into();
    }
    json!({
        "update_timestamp": written(now),
        "account_id": id,
        "account_type": kind,
        "display_name": holder.name,
        "currency": holder.currency,
        "account_number": numbers,
        "provider": { "provider_id": bank.id, "display_name": bank.name },
    })
}

pub(super) fn account_balance(holder: &Holder, now: Instant) -> Value {
    let mut row = json!({
        "currency": holder.currency,
        "current": amount(holder.balance(now)),
        "available": amount(holder.available(now)),
        "update_timestamp": written(now),
    });
    if holder.kind != HolderKind::Savings {
        row["overdraft"] = amount(holder.limit_minor);
    }
    row
}

pub(super) fn card(holder: &Holder, bank: &FakeBank, id: &str, now: Instant) -> Value {
    json!({
        "account_id": id,
        "card_network": "VISA",
        "card_type": "CREDIT",
        "currency": holder.currency,
        "display_name": holder.name,
        "partial_card_number": holder.number,
        "name_on_card": "JOHN DOE",
        "valid_from": "2024-01",
        "valid_to": "2029-01",
        "update_timestamp": written(now),
        "provider": { "provider_id": bank.id },
    })
}

/// What is owed is positive on the wire, and the time is malformed as in the vendor's own example.
pub(super) fn card_balance(holder: &Holder, now: Instant) -> Value {
    json!({
        "available": amount(holder.available(now)),
        "currency": holder.currency,
        "current": amount(-holder.balance(now)),
        "credit_limit": amount(holder.limit_minor),
        "last_statement_balance": amount(-holder.balance(now)),
        "last_statement_date": now.format("%Y-%m-01").to_string(),
        "payment_due": amount(500),
        "payment_due_date": now.format("%Y-%m-28").to_string(),
        "update_timestamp": now.format("%Y-%m-%j1T%H:%M:%S%.6fZ").to_string(),
    })
}

pub(super) fn standing_order(order: &book::Order, now: Instant) -> Value {
    json!({
        "frequency": order.frequency,
        "status": "Active",
        "timestamp": now.format("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string(),
        "currency": "GBP",
        "meta": { "provider_account_id": "12345ca1-18fd-4e6b-891e-0597cac6bb8c" },
        "next_payment_date": format!("{}T00:00:00+00:00", order.next_on),
        "next_payment_amount": amount(order.minor),
        "first_payment_date": format!("2024-01-{:02}T00:00:00+00:00", order.day),
        "first_payment_amount": amount(order.minor),
        "final_payment_date": "9999-12-31T00:00:00+00:00",
        "final_payment_amount": amount(0),
        "payee": order.payee,
        "reference": order.reference,
    })
}

pub(super) fn direct_debit(debit: &book::Debit, random: &Random, now: Instant) -> Value {
    json!({
        "direct_debit_id": hex::encode(random.bytes::<16>()),
        "timestamp": now.format("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string(),
        "name": debit.name,
        "status": "Active",
        "previous_payment_timestamp": debit.collected_at.format("%Y-%m-%dT00:00:00+00:00").to_string(),
        "previous_payment_amount": amount(debit.minor),
        "currency": "GBP",
        "meta": {
            "provider_mandate_identification": token::uuid(&Random::seeded(debit.name.len() as u64)),
            "provider_account_id": "1000000000000000001",
        },
    })
}

/// Lists what is booked in the window, newest first.
pub(super) fn booked(holder: &Holder, bank: &FakeBank, days: Days, source: &Source<'_>) -> Vec<Value> {
    let shown = holder.shown(source.now);
    let inside = |row: &&(&Row, i64)| (days.from..=days.to).contains(&row.0.at.date_naive());
    shown
        .iter()
        .rev()
        .filter(inside)
        .map(|(row, balance)| source.row(holder, bank, row, Some(*balance)))
        .collect()
}

/// Lists what is announced.
pub(super) fn announced(holder: &Holder, bank: &FakeBank, source: &Source<'_>) -> Vec<Value> {
    holder.announced(source.now).map(|pending| source.row(holder, bank, &pending.row, None)).collect()
}

/// Holds what makes each answer differ: chance, and the time.
pub(super) struct Source<'a> {
    pub(super) random: &'a Random,
    pub(super) now: Instant,
}

impl Source<'_> {
    fn row(&self, holder: &Holder, bank: &FakeBank, row: &Row, balance: Option<i64>) -> Value {
        // On cards the sign says nothing: amounts are positive whichever way the money went.
        let minor = if holder.is_card() { row.minor.abs() } else { row.minor };
        let mut shown = json!({
            "transaction_id": hex::encode(self.random.bytes::<16>()),
            "timestamp": row.written_time(),
            "description": row.description,
            "amount": amount(minor),
            "currency": holder.currency,
            "transaction_type": if row.minor < 0 { "DEBIT" } else { "CREDIT" },
            "transaction_category": row.category(),
        });
        let ids = row.ids(bank, holder.key);
        // An announced row has no lasting name: the booked one will not be known by it.
        if balance.is_some()
            && let Some(id) = ids.normalised
        {
            shown["normalised_provider_transaction_id"] = id.into();
        }
        if let Some(id) = ids.provider {
            shown["provider_transaction_id"] = id.into();
        }
        if !row.lacks_classification() {
            shown["transaction_classification"] = json!(row.classification());
        }
        if let Some(merchant) = &row.merchant {
            shown["merchant_name"] = merchant.as_str().into();
        }
        shown["running_balance"] = match balance {
            Some(minor) if holder.is_card() => {
                json!({ "amount": amount(-minor), "currency": holder.currency })
            }
            Some(minor) => json!({ "amount": amount(minor), "currency": holder.currency }),
            None => json!({}),
        };
        shown["meta"] = if holder.is_card() {
            json!({ "cardNumber": format!("1234********{}", holder.number), "location": "INTERNET" })
        } else {
            json!({ "provider_transaction_category": "DEB" })
        };
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_their_digits_and_texts_stay_texts() {
        let rows = [
            json!({ "a": amount(-299), "b": "say \"12\"", "c": [amount(9_007_199_254_740_993), amount(0)] }),
        ];
        assert_eq!(
            String::from_utf8(write(&rows)).expect("UTF-8"),
            r#"{"results":[{"a":-2.99,"b":"say \"12\"","c":[90071992547409.93,0]}],"status":"Succeeded"}"#
        );
    }
}
