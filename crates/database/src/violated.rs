//! The names of broken rules.

use std::borrow::Cow;

use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::ErrorKind;

/// Returns the name of the constraint that a statement broke, the same on both engines.
///
/// Names are mechanical: `<table>_<columns in order>_unique`, `<table>_pkey`, `<table>_<what>_check`.
/// SQLite reports the columns of a unique key, from which the name is built (a key over the column `id`
/// alone is the primary key), and has no names for foreign keys: load the parent first.
pub fn violated(error: &DbErr) -> Option<Cow<'_, str>> {
    let (DbErr::Exec(RuntimeErr::SqlxError(source)) | DbErr::Query(RuntimeErr::SqlxError(source))) = error
    else {
        return None;
    };
    let sqlx::Error::Database(source) = source.as_ref() else {
        return None;
    };
    if let Some(name) = source.constraint() {
        return Some(Cow::Borrowed(name));
    }
    match source.kind() {
        ErrorKind::UniqueViolation => unique_name(source.message()).map(Cow::Owned),
        ErrorKind::CheckViolation => after(source.message(), "CHECK constraint failed: ").map(Cow::Borrowed),
        _ => None,
    }
}

/// Says whether a statement gave up waiting for a lock that another transaction holds.
///
/// PostgreSQL: `lock_not_available` (55P03), `deadlock_detected` (40P01), `serialization_failure` (40001).
/// SQLite: busy (5) or locked (6), whatever their extension.
pub fn is_busy(error: &DbErr) -> bool {
    let Some(source) = source(error) else {
        return matches!(error, DbErr::ConnectionAcquire(_));
    };
    let sqlx::Error::Database(source) = source else {
        return matches!(source, sqlx::Error::PoolTimedOut);
    };
    match source.code().as_deref() {
        Some("55P03" | "40P01" | "40001") => true,
        Some(code) => matches!(sqlite_code(code), Some(5 | 6)),
        None => false,
    }
}

/// Says whether the database's machine cannot do its work now: no room, no disk, no server, no way to it.
///
/// PostgreSQL: resources (class 53), shutting down or starting (57P), its system (58), the connection (08), a replica
/// that is about to lead or no longer does (25006); and whatever goes wrong while connecting, since a proxy without a
/// server behind it answers anything. SQLite: the disk fails (10), is full (13), or lacks the file (14), whatever their
/// extension.
pub fn is_unavailable(error: &DbErr) -> bool {
    if matches!(error, DbErr::Conn(_) | DbErr::ConnectionAcquire(_)) {
        return true;
    }
    let Some(source) = source(error) else {
        return false;
    };
    let sqlx::Error::Database(source) = source else {
        return is_broken(source);
    };
    source.code().is_some_and(|code| {
        let classes = ["08", "25006", "53", "57P", "58"];
        match sqlite_code(&code) {
            Some(number) => matches!(number, 10 | 13 | 14),
            None => classes.iter().any(|class| code.starts_with(class)),
        }
    })
}

/// Says whether an error is the database's own word about a statement: then nothing of the statement was done.
///
/// Whatever else ends a statement, a connection that breaks or falls silent, leaves open whether it was done.
pub fn is_said_by_database(error: &DbErr) -> bool {
    matches!(source(error), Some(sqlx::Error::Database(_)))
}

/// Says whether the connection is what failed.
fn is_broken(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
    )
}

/// Returns what the driver said.
fn source(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(source))
        | DbErr::Query(RuntimeErr::SqlxError(source))
        | DbErr::Conn(RuntimeErr::SqlxError(source)) => Some(source.as_ref()),
        _ => None,
    }
}

/// Returns SQLite's code without its extension. PostgreSQL's codes have five characters; SQLite's numbers have fewer.
fn sqlite_code(code: &str) -> Option<u32> {
    let number: u32 = code.parse().ok().filter(|_| code.len() < 5)?;
    Some(number & 0xff)
}

/// Says whether a statement named a table that does not exist: `undefined_table` (42P01) on PostgreSQL.
pub(crate) fn is_missing_table(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(source)) | DbErr::Query(RuntimeErr::SqlxError(source))) = error
    else {
        return false;
    };
    let sqlx::Error::Database(source) = source.as_ref() else {
        return false;
    };
    source.code().as_deref() == Some("42P01") || source.message().starts_with("no such table")
}

/// Turns `UNIQUE constraint failed: users.bank, users.email` into `users_bank_email_unique`.
fn unique_name(message: &str) -> Option<String> {
    let columns = after(message, "UNIQUE constraint failed: ")?;
    if let Some(index) = columns.strip_prefix("index '") {
        return Some(index.trim_end_matches('\'').to_owned());
    }
    let pairs: Vec<(&str, &str)> = columns.split(", ").filter_map(|column| column.split_once('.')).collect();
    let (table, _) = pairs.first()?;
    let columns: Vec<&str> = pairs.iter().map(|(_, column)| *column).collect();
    if columns == ["id"] {
        return Some(format!("{table}_pkey"));
    }
    Some(format!("{table}_{}_unique", columns.join("_")))
}

fn after<'a>(message: &'a str, lead: &str) -> Option<&'a str> {
    message.split_once(lead).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sea_orm::{DbErr, RuntimeErr};

    use super::{is_busy, is_unavailable, sqlite_code, unique_name};

    #[test]
    fn sqlites_columns_become_the_constraints_name() {
        for (message, name) in [
            ("UNIQUE constraint failed: users.id", "users_pkey"),
            ("UNIQUE constraint failed: users.email", "users_email_unique"),
            ("UNIQUE constraint failed: receipts.scope, receipts.key", "receipts_scope_key_unique"),
            ("UNIQUE constraint failed: index 'jobs_dedupe_key_unique'", "jobs_dedupe_key_unique"),
        ] {
            assert_eq!(unique_name(message).as_deref(), Some(name));
        }
        assert_eq!(unique_name("FOREIGN KEY constraint failed"), None);
    }

    #[test]
    fn a_connection_that_cannot_be_made_is_unavailable_whatever_was_said_instead() {
        let from = |error: sqlx::Error| RuntimeErr::SqlxError(Arc::new(error));
        let said = |text: &str| from(sqlx::Error::Protocol(text.to_owned()));
        for error in [
            DbErr::Conn(said("unexpected response from SSLRequest: 0x00")),
            DbErr::Query(said("unexpected message")),
            DbErr::Exec(from(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into())),
        ] {
            assert!(is_unavailable(&error) && !is_busy(&error), "{error}");
        }
        assert!(!is_unavailable(&DbErr::Query(from(sqlx::Error::RowNotFound))));
    }

    #[test]
    fn a_code_of_the_one_engine_is_not_taken_for_one_of_the_other() {
        // 42501, insufficient privilege, would read as busy: its last eight bits are 5.
        for (code, number) in
            [("42501", None), ("53100", None), ("57P01", None), ("517", Some(5)), ("13", Some(13))]
        {
            assert_eq!(sqlite_code(code), number, "{code}");
        }
    }
}
