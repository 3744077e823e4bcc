//! The database under everything: connections, the write transaction, the schema, and the names of broken rules.
//!
//! One code runs on two engines: SQLite, embedded and the default, and PostgreSQL. What they do not share
//! is kept here (and in `ledger`): how a connection is set up, that a write transaction on SQLite is
//! *immediate*, how a violated constraint is named, and which types a column has.
//!
//! - [`Database::begin`] is the only way to open a write transaction. On SQLite it takes the one write lock
//!   at once; on PostgreSQL it is *read committed*, and rows that are decided upon are locked.
//! - While a transaction is open nothing else is awaited: on SQLite a second `begin` would wait for it.
//! - [`Database::read`] serves lists and shows; it may be a replica. Nothing is decided from it.

mod columns;
mod connect;
pub mod copies;
mod gather;
mod grants;
mod migrate;
mod migrations;
mod observe;
mod postgres;
mod sqlite;
pub mod testing;
mod violated;

pub use columns::Columns;
pub use connect::{Database, Engine, Options, Pool, Tx, commit_confirmed, in_time, savepoint};
pub use gather::{ByIds, Rows, among};
pub use postgres::by_key;
pub use violated::{is_busy, is_said_by_database, is_unavailable, violated};

/// Sorts ids, drops repeated ones, and fills the list up to a power of two with its last.
///
/// For `in (…)`: a statement is prepared once for each length of its list, and so there are few.
pub fn padded<T: Clone + Ord>(mut ids: Vec<T>) -> Vec<T> {
    ids.sort_unstable();
    ids.dedup();
    if let Some(last) = ids.last().cloned() {
        ids.resize(ids.len().next_power_of_two(), last);
    }
    ids
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_list_is_padded_to_a_power_of_two_with_its_last() {
        assert_eq!(super::padded(vec![3, 1, 2, 1, 9, 7]), [1, 2, 3, 7, 9, 9, 9, 9]);
        assert_eq!(super::padded(vec![5]), [5]);
        assert!(super::padded(Vec::<u8>::new()).is_empty());
    }
}
