//! Banks' answers, sealed: names, numbers and texts stand nowhere else.

use kernel::{ExternalAccountId, ExternalTransactionId};
use serde::de::DeserializeOwned;

use crate::Bank;
use crate::sealing::Place;

const COLUMN: &str = "answer";

fn account(id: ExternalAccountId) -> Place {
    Place { table: "truelayer_accounts", row: id.uuid(), column: COLUMN }
}

fn row(id: ExternalTransactionId) -> Place {
    Place { table: "truelayer_transactions", row: id.uuid(), column: COLUMN }
}

fn announced(id: ExternalTransactionId) -> Place {
    Place { table: "truelayer_pending_transactions", row: id.uuid(), column: COLUMN }
}

pub(super) fn seal_account(bank: &Bank, id: ExternalAccountId, raw: &str) -> String {
    bank.keys.seal(&bank.random, account(id), raw.as_bytes())
}

pub(super) fn seal_row(bank: &Bank, id: ExternalTransactionId, raw: &str) -> String {
    bank.keys.seal(&bank.random, row(id), raw.as_bytes())
}

pub(super) fn seal_announced(bank: &Bank, id: ExternalTransactionId, raw: &str) -> String {
    bank.keys.seal(&bank.random, announced(id), raw.as_bytes())
}

/// Says whether a sealed row says the same as this text; the service's name for it, which changes with every answer, does
/// not matter.
pub(super) fn is_row(bank: &Bank, id: ExternalTransactionId, (answer, raw): (&str, &str)) -> bool {
    let fields = |text: &[u8]| {
        let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(text).ok()?;
        fields.remove("transaction_id");
        Some(fields)
    };
    let kept = bank.keys.open(row(id), answer).ok().and_then(|text| fields(text.expose()));
    kept.is_some() && kept == fields(raw.as_bytes())
}

/// Opens an account's answer; none when it does not open or cannot be read.
pub(super) fn open_account<T: DeserializeOwned>(
    bank: &Bank,
    id: ExternalAccountId,
    answer: &str,
) -> Option<T> {
    open(bank, account(id), answer)
}

/// Opens a row's answer; none when it does not open or cannot be read.
pub(super) fn open_row<T: DeserializeOwned>(
    bank: &Bank,
    id: ExternalTransactionId,
    answer: &str,
) -> Option<T> {
    open(bank, row(id), answer)
}

/// Opens an announced row's answer; none when it does not open or cannot be read.
pub(super) fn open_announced<T: DeserializeOwned>(
    bank: &Bank,
    id: ExternalTransactionId,
    answer: &str,
) -> Option<T> {
    open(bank, announced(id), answer)
}

fn open<T: DeserializeOwned>(bank: &Bank, place: Place, answer: &str) -> Option<T> {
    match bank.keys.open(place, answer) {
        Ok(text) => serde_json::from_slice(text.expose()).ok(),
        Err(error) => {
            tracing::error!(table = place.table, row = %place.row, "{error}");
            None
        }
    }
}
