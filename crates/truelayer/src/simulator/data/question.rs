//! What is asked: the path and the window of a read.

use chrono::{Duration, NaiveDate};
use kernel::Instant;
use serde::Deserialize;

use crate::client::Endpoint;
use crate::simulator::reply::Refused;
use crate::timestamp::Timestamp;

/// How far back a read goes that does not say.
const USUAL_DEPTH: Duration = Duration::days(90);

/// Holds the query of a read as it arrived.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) r#async: Option<String>,
    pub(super) webhook_uri: Option<url::Url>,
}

/// Reads a path below `/data/v1`.
pub(super) fn parse(path: &str) -> Option<(Endpoint, Option<&str>)> {
    let segments: Vec<&str> = path.split('/').collect();
    Some(match *segments.as_slice() {
        ["me"] => (Endpoint::Me, None),
        ["info"] => (Endpoint::Info, None),
        ["accounts"] => (Endpoint::Accounts, None),
        ["accounts", id] => (Endpoint::Account, Some(id)),
        ["accounts", id, "balance"] => (Endpoint::AccountBalance, Some(id)),
        ["accounts", id, "transactions"] => (Endpoint::AccountTransactions, Some(id)),
        ["accounts", id, "transactions", "pending"] => (Endpoint::AccountPendingTransactions, Some(id)),
        ["accounts", id, "standing_orders"] => (Endpoint::StandingOrders, Some(id)),
        ["accounts", id, "direct_debits"] => (Endpoint::DirectDebits, Some(id)),
        ["cards"] => (Endpoint::Cards, None),
        ["cards", id] => (Endpoint::Card, Some(id)),
        ["cards", id, "balance"] => (Endpoint::CardBalance, Some(id)),
        ["cards", id, "transactions"] => (Endpoint::CardTransactions, Some(id)),
        ["cards", id, "transactions", "pending"] => (Endpoint::CardPendingTransactions, Some(id)),
        _ => return None,
    })
}

/// Bounds the days of a read, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
}

/// Reads the window, as far as it can be read without knowing the bank.
pub(super) fn days(query: &Query, now: Instant) -> Result<Days, Refused> {
    let read = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => match text.parse::<Timestamp>() {
            Ok(timestamp) => Ok(Some(timestamp.on)),
            Err(_) => Err(Refused::new(400, "validation_error", "The supplied parameters are not valid.")),
        },
    };
    let to = read(&query.to)?.unwrap_or_else(|| now.date_naive());
    let from = read(&query.from)?.unwrap_or(to - USUAL_DEPTH);
    Ok(Days { from, to })
}
