//! What reading says differently on SQLite.

use sea_orm::sea_query::Value;
use uuid::Uuid;

pub(crate) const AMONG: &str = "in (select unhex(value) from json_each($1))";

/// The immediate transaction keeps every other writer out.
pub(crate) const LOCK: &str = "";

/// Accounts are updated by their ids.
pub(crate) const PLACE: &str = "";

pub(crate) fn ids(ids: impl Iterator<Item = Uuid>) -> Value {
    let texts: Vec<_> = ids.map(|id| id.simple().to_string()).collect();
    serde_json::json!(texts).to_string().into()
}
