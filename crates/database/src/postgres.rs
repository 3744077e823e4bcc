//! Connections to PostgreSQL.

use std::io::ErrorKind;
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use sqlx::{Connection as _, PgConnection};

use crate::Options;
use crate::connect::{Engine, Tx};
use crate::observe::Statements;

/// A transaction that does nothing for this long is ended by the server: its process is gone or stuck.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(10);
/// Only a connection that rested longer is asked whether it still lives.
const TEST_AFTER_IDLE: Duration = Duration::from_secs(30);

/// A connection that is given back and shows no sign of life for this long is closed. One whose work was given up
/// may wait for a server that never answers, and would keep its place in the pool for ever.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// The planner's ways that sessions which find rows by key do without.
///
/// A plan made while the tables were empty scans them for ever after, many times slower.
const SCANS: [&str; 3] = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"];

/// Has a transaction find rows through indexes only from now until it ends. SQLite does so by itself.
///
/// For statements that join some rows of a table to a large one: a plan for more rows than there are reads all of it.
///
/// # Errors
/// `DbErr` of the statement.
pub async fn by_key(tx: &Tx) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let off = SCANS.map(|setting| format!("set local {setting} = off"));
        tx.execute_unprepared(&off.join("; ")).await?;
    }
    Ok(())
}

/// Opens a pool whose sessions carry the time-outs.
pub(crate) async fn connect(
    options: &Options,
    url: &str,
    connections: u32,
    statements: &Statements,
) -> Result<DatabaseConnection, DbErr> {
    let mut connect = sessions(options, url, &[]);
    connect.max_connections(connections.max(1));
    open(watched(connect, options, url), options, statements).await
}

/// Opens a pool whose sessions find rows through indexes only, for what many look at.
pub(crate) async fn connect_looks(
    options: &Options,
    url: &str,
    connections: u32,
    statements: &Statements,
) -> Result<DatabaseConnection, DbErr> {
    let mut connect = sessions(options, url, &SCANS);
    connect.max_connections(connections);
    open(watched(connect, options, url), options, statements).await
}

/// Opens a pool to the primary whose sessions find rows through indexes only.
///
/// Its connections are not asked for a sign of life when they are given back: whoever has connections of its own leaves
/// them all when the server falls silent.
pub(crate) async fn connect_by_key(
    options: &Options,
    connections: u32,
    statements: &Statements,
) -> Result<DatabaseConnection, DbErr> {
    let mut connect = sessions(options, options.url.expose(), &SCANS);
    connect.max_connections(connections).map_sqlx_postgres_pool_opts(|pool| {
        pool.after_connect(|connection, _| Box::pin(takes_writes(connection)))
    });
    open(connect, options, statements).await
}

/// Has connections asked for a sign of life when they are given back, and for more than that when they are opened.
fn watched(mut connect: ConnectOptions, options: &Options, url: &str) -> ConnectOptions {
    // Only what is named as a replica may be one.
    let is_replica = options.read_url.as_ref().is_some_and(|replica| replica.expose() == url);
    connect.map_sqlx_postgres_pool_opts(move |pool| {
        let pool = pool.after_release(|connection, _| Box::pin(is_alive(connection)));
        if is_replica { pool } else { pool.after_connect(|connection, _| Box::pin(takes_writes(connection))) }
    });
    connect
}

/// Describes sessions with the time-outs, whose planner does without some of its ways.
fn sessions(options: &Options, url: &str, without: &[&'static str]) -> ConnectOptions {
    let mut settings = vec![
        ("statement_timeout", milliseconds(options.statement_timeout)),
        ("lock_timeout", milliseconds(options.lock_timeout)),
        ("idle_in_transaction_session_timeout", milliseconds(IDLE_IN_TRANSACTION)),
        ("timezone", "UTC".to_owned()),
        // Said once, so that no transaction has to.
        ("default_transaction_isolation", "read committed".to_owned()),
    ];
    settings.extend(without.iter().map(|plan| (*plan, "off".to_owned())));
    let mut connect = ConnectOptions::new(url);
    connect
        .min_connections(1)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire_if_idle_for(TEST_AFTER_IDLE)
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(move |postgres| {
            postgres.application_name("florin").options(settings.clone()).statement_cache_capacity(200)
        });
    connect
}

async fn open(
    connect: ConnectOptions,
    options: &Options,
    statements: &Statements,
) -> Result<DatabaseConnection, DbErr> {
    let mut connection = sea_orm::Database::connect(connect).await?;
    statements.watch(&mut connection, Engine::Postgres, options.slow_statement);
    Ok(connection)
}

/// Refuses a session that cannot write; the pool goes on trying until its time is over.
///
/// While the leader changes, a proxy or a name may lead to a server that is still, or again, a replica. A session there
/// would be kept, and would fail for as long as that server follows.
async fn takes_writes(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let setting = "select current_setting('transaction_read_only')";
    let read_only: String = sqlx::query_scalar(setting).fetch_one(connection).await?;
    let follower = || sqlx::Error::Io(std::io::Error::other("the server takes no writes"));
    if read_only == "off" { Ok(()) } else { Err(follower()) }
}

/// Waits for the end of what a connection was at when it was given back.
async fn is_alive(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    // An error, unlike `false`, closes it without another word to the server.
    let silent = |_| sqlx::Error::Io(ErrorKind::TimedOut.into());
    tokio::time::timeout(SIGN_OF_LIFE, connection.ping()).await.map_err(silent)??;
    Ok(true)
}

fn milliseconds(duration: Duration) -> String {
    duration.as_millis().to_string()
}
