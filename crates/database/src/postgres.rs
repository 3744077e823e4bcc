//! Connections to PostgreSQL.

use std::time::Duration;

use sea_orm::{ConnectOptions, DatabaseConnection, DbErr};

use crate::Options;
use crate::connect::Engine;
use crate::observe::Statements;

/// A transaction that does nothing for this long is ended by the server: its process is gone or stuck.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(10);
/// Only a connection that rested longer is asked whether it still lives.
const TEST_AFTER_IDLE: Duration = Duration::from_secs(30);

/// Opens a pool whose sessions carry the time-outs.
pub(crate) async fn connect(
    options: &Options,
    url: &str,
    connections: u32,
    statements: &Statements,
) -> Result<DatabaseConnection, DbErr> {
    let settings = [
        ("statement_timeout", milliseconds(options.statement_timeout)),
        ("lock_timeout", milliseconds(options.lock_timeout)),
        ("idle_in_transaction_session_timeout", milliseconds(IDLE_IN_TRANSACTION)),
        ("timezone", "UTC".to_owned()),
    ];
    let mut connect = ConnectOptions::new(url);
    connect
        .max_connections(connections.max(1))
        .min_connections(1)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire_if_idle_for(TEST_AFTER_IDLE)
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(move |postgres| {
            postgres.application_name("florin").options(settings.clone()).statement_cache_capacity(200)
        });
    let mut connection = sea_orm::Database::connect(connect).await?;
    statements.watch(&mut connection, Engine::Postgres, options.slow_statement);
    Ok(connection)
}

fn milliseconds(duration: Duration) -> String {
    duration.as_millis().to_string()
}
