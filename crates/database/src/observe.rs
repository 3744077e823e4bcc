//! What is noticed of every statement: how many there were, and which were slow.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sea_orm::DatabaseConnection;

use crate::Engine;

/// How many bytes of a statement's text are logged.
const LOGGED: usize = 500;

/// Counts the statements of one database, over all its pools.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statements(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    count: AtomicU64,
    /// The different texts, once somebody wants them kept.
    texts: OnceLock<Mutex<BTreeSet<String>>>,
}

impl Statements {
    /// Returns how many there were so far.
    pub(crate) fn count(&self) -> u64 {
        self.0.count.load(Ordering::Relaxed)
    }

    /// Returns the different texts seen since this was asked first, and keeps them from then on.
    pub(crate) fn texts(&self) -> BTreeSet<String> {
        let texts = self.0.texts.get_or_init(Mutex::default);
        texts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, text: &str) {
        self.0.count.fetch_add(1, Ordering::Relaxed);
        if let Some(texts) = self.0.texts.get() {
            texts.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
        }
    }

    /// Counts what goes over a connection, and logs what takes longer than `limit`: the beginning of the statement's text,
    /// which has no values, never its parameters.
    pub(crate) fn watch(&self, connection: &mut DatabaseConnection, engine: Engine, limit: Duration) {
        let seen = self.clone();
        connection.set_metric_callback(move |statement| {
            seen.note(&statement.statement.sql);
            if statement.elapsed >= limit {
                tracing::warn!(
                    engine = ?engine,
                    elapsed_ms = u64::try_from(statement.elapsed.as_millis()).unwrap_or(u64::MAX),
                    statement = %beginning(&statement.statement.sql),
                    failed = statement.failed,
                    "slow statement"
                );
            }
        });
    }
}

/// Returns enough of a statement to know it by: one that writes many rows would fill the log with their places.
fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(LOGGED)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_statement_is_known_by_its_beginning() {
        assert_eq!(beginning("select 1"), "select 1");
        let long = "é".repeat(LOGGED);
        assert_eq!(beginning(&long), "é".repeat(LOGGED / 2));
        assert_eq!(beginning(&format!("x{long}")).len(), LOGGED - 1, "no letter is cut in two");
    }
}
