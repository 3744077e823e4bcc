//! What reading says differently on PostgreSQL.

use sea_orm::sea_query::{ArrayType, Value};
use uuid::Uuid;

pub(crate) const AMONG: &str = "= any($1)";

pub(crate) const LOCK: &str = " for update";

pub(crate) const PLACE: &str = ", cast(ctid as text) as place";

pub(crate) const GUARD: &str = "select pg_advisory_xact_lock_shared($1)";

/// A plan made while the tables were empty scans them for ever after, four times slower: the writer's
/// statements look rows up by key, whatever the tables hold.
pub(crate) const WRITER_GUARD: &str = "
select pg_advisory_xact_lock_shared($1),
       set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true)";

pub(crate) fn ids(ids: impl Iterator<Item = Uuid>) -> Value {
    Value::Array(ArrayType::Uuid, Some(Box::new(ids.map(Value::from).collect())))
}

pub(crate) const RECEIPTS: &str = "
select receipt.scope, receipt.key, receipt.fingerprint, receipt.status, receipt.answer
  from unnest($1, $2) as wanted (scope, key)
  join ledger_receipts receipt on receipt.scope = wanted.scope and receipt.key = wanted.key";

pub(crate) fn pairs(keys: &[(&str, &str)]) -> [Value; 2] {
    let texts = |texts: Vec<Value>| Value::Array(ArrayType::String, Some(Box::new(texts)));
    [
        texts(keys.iter().map(|(scope, _)| Value::from(*scope)).collect()),
        texts(keys.iter().map(|(_, key)| Value::from(*key)).collect()),
    ]
}
