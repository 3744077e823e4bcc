//! Bodies of events about accounts.

use chrono::SecondsFormat;
use kernel::{Instant, Random};
use serde_json::json;

/// Writes an event about an account, or about a consent, whose resource is the link.
pub(in crate::simulator) fn account_event(
    kind: &str,
    resource_id: &str,
    random: &Random,
    at: Instant,
) -> Vec<u8> {
    let resource_type = if kind.starts_with("consent") { "consent" } else { "account" };
    let body = json!({
        "type": kind,
        "event_id": format!("evt_{}", hex::encode(random.bytes::<12>())),
        "event_timestamp": at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "resource_id": resource_id,
        "resource_type": resource_type,
    });
    body.to_string().into_bytes()
}
