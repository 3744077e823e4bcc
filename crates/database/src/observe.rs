//! What is noticed of every statement: how many there were, and which were slow.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sea_orm::DatabaseConnection;

use crate::Engine;

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

    /// Counts what goes over a connection, and logs what takes longer than `limit`: the text of the statement, which
    /// has no values, never its parameters.
    pub(crate) fn watch(&self, connection: &mut DatabaseConnection, engine: Engine, limit: Duration) {
        let seen = self.clone();
        connection.set_metric_callback(move |statement| {
            seen.note(&statement.statement.sql);
            if statement.elapsed >= limit {
                tracing::warn!(
                    engine = ?engine,
                    elapsed_ms = u64::try_from(statement.elapsed.as_millis()).unwrap_or(u64::MAX),
                    statement = %statement.statement.sql,
                    failed = statement.failed,
                    "slow statement"
                );
            }
        });
    }
}
