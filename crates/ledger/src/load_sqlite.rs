//! What reading says differently on SQLite.

/// The immediate transaction keeps every other writer out.
pub(crate) const LOCK: &str = "";

/// Accounts are updated by their ids.
pub(crate) const PLACE: &str = "";
