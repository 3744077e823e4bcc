//! What is noticed of every statement: how many there were, and which were slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::DatabaseConnection;

use crate::Engine;

/// Counts the statements of one database, over all its pools.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statements(Arc<AtomicU64>);

impl Statements {
    /// Returns how many there were so far.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts what goes over a connection, and logs what takes longer than `limit`: the text of the statement, which
    /// has no values, never its parameters.
    pub(crate) fn watch(&self, connection: &mut DatabaseConnection, engine: Engine, limit: Duration) {
        let count = self.0.clone();
        connection.set_metric_callback(move |statement| {
            count.fetch_add(1, Ordering::Relaxed);
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
