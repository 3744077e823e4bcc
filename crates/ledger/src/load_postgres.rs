//! What reading says differently on PostgreSQL.

pub(crate) const LOCK: &str = " for update";

/// Where the row is kept, and the transaction that wrote it so.
pub(crate) const PLACE: &str = ", cast(ctid as text) as place, cast(xmin as text) as version";

pub(crate) const GUARD: &str = "select pg_advisory_xact_lock_shared($1)";
