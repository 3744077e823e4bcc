//! What reading says differently on PostgreSQL.

use sea_orm::sea_query::{ArrayType, Value};
use uuid::Uuid;

pub(crate) const AMONG: &str = "= any($1)";

pub(crate) const LOCK: &str = " for update";

/// Where the row is kept, and the transaction that wrote it so.
pub(crate) const PLACE: &str = ", cast(ctid as text) as place, cast(xmin as text) as version";

pub(crate) const GUARD: &str = "select pg_advisory_xact_lock_shared($1)";

pub(crate) fn ids(ids: impl Iterator<Item = Uuid>) -> Value {
    Value::Array(ArrayType::Uuid, Some(Box::new(ids.map(Value::from).collect())))
}
