//! Banks' answers, sealed: names, numbers and texts stand nowhere else.

use kernel::{ExternalAccountId, ExternalTransactionId};
use sea_orm::prelude::Uuid;
use serde::de::DeserializeOwned;

use crate::Bank;
use crate::sealing::Place;

const COLUMN: &str = "answer";

/// Says where an account's answer is.
pub(super) fn account(id: ExternalAccountId) -> Place {
    Place { table: "truelayer_accounts", row: id.uuid(), column: COLUMN }
}

/// Says where a booked row's answer is.
pub(super) fn row(id: ExternalTransactionId) -> Place {
    Place { table: "truelayer_transactions", row: id.uuid(), column: COLUMN }
}

/// Says where an announced row's answer is.
pub(super) fn announced(id: ExternalTransactionId) -> Place {
    Place { table: "truelayer_pending_transactions", row: id.uuid(), column: COLUMN }
}

/// Says where the answer about a standing order or a direct debit is.
pub(super) fn instruction(id: Uuid) -> Place {
    Place { table: "truelayer_instructions", row: id, column: COLUMN }
}

pub(super) fn seal(bank: &Bank, place: Place, raw: &str) -> String {
    bank.keys.seal(&bank.random, place, raw.as_bytes())
}

/// Opens an answer; none when it does not open or cannot be read.
pub(super) fn open<T: DeserializeOwned>(bank: &Bank, place: Place, answer: &str) -> Option<T> {
    match bank.keys.open(place, answer) {
        Ok(text) => serde_json::from_slice(text.expose()).ok(),
        Err(error) => {
            tracing::error!(table = place.table, row = %place.row, "{error}");
            None
        }
    }
}

/// Says whether a sealed row says the same as this text; the service's name for it, which changes with every answer, does
/// not matter.
pub(super) fn is_row(bank: &Bank, id: ExternalTransactionId, (answer, raw): (&str, &str)) -> bool {
    type Fields = serde_json::Map<String, serde_json::Value>;
    let (kept, read) = (open::<Fields>(bank, row(id), answer), serde_json::from_str::<Fields>(raw).ok());
    let unnamed = |fields: Option<Fields>| {
        fields.map(|mut fields| {
            fields.remove("transaction_id");
            fields
        })
    };
    let kept = unnamed(kept);
    kept.is_some() && kept == unnamed(read)
}
