//! Connections to the embedded engine.

use std::time::Duration;

use sea_orm::{ConnectOptions, DatabaseConnection, DbErr};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};

use crate::Options;
use crate::connect::Engine;
use crate::observe::Statements;

/// How long a writer waits for the write lock of another process (a backup, a second command).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Page cache, in KiB below zero: a group commit touches a few thousand pages all over the accounts, and what no longer
/// fits is written before its time. Readers find in the system's own cache what is not in theirs.
const WRITER_CACHE: &str = "-16384";
const READER_CACHE: &str = "-1024";

/// How many connections read even where there is a single core, if they are allowed.
const LEAST_READERS: u32 = 4;

/// After how many pages (16 MiB) the log is copied back, by the commit that passes it. The default 1,000 is less than what
/// one group commit writes: every commit would pay for a checkpoint, and write the same pages again and again. Four times
/// as many give a seventh more payments a second, but fill a small disk, and the simulated power cuts would see no checkpoint.
const CHECKPOINT_PAGES: &str = "4096";

/// How many rows a connection's thread reads ahead. It hands each over and waits when they are not fetched: with the usual
/// fifty the two threads would take turns ten times over for the accounts of one group commit.
const ROWS_AHEAD: usize = 2_000;

/// Opens the one writer and the readers. The file is made when it is absent.
pub(crate) async fn connect(
    options: &Options,
    statements: &Statements,
) -> Result<(DatabaseConnection, DatabaseConnection), DbErr> {
    let mut write = open(options, 1, false).await?;
    let mut read = open(options, readers(options.connections), true).await?;
    for connection in [&mut write, &mut read] {
        statements.watch(connection, Engine::Sqlite, options.slow_statement);
    }
    Ok((write, read))
}

/// How many connections read: as many as are allowed, and no more than keep the processors busy.
///
/// Each is a thread with pages and statements of its own: sixteen on two cores read a quarter less than four, and keep
/// 50 to 120 MB more. The few that are more than the cores are there for a proof or a statement that takes its time.
fn readers(allowed: u32) -> u32 {
    let cores = std::thread::available_parallelism()
        .map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
    allowed.clamp(1, cores.saturating_mul(2).max(LEAST_READERS))
}

async fn open(options: &Options, connections: u32, read_only: bool) -> Result<DatabaseConnection, DbErr> {
    let durable = options.durable;
    let mut connect = ConnectOptions::new(options.url.expose().as_str());
    connect
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_pool_opts(|pool| pool.after_release(|connection, _| Box::pin(is_clean(connection))))
        .map_sqlx_sqlite_opts(move |sqlite| setup(sqlite, durable, read_only));
    sea_orm::Database::connect(connect).await
}

/// Says whether a connection that is given back is outside a transaction; otherwise the pool closes it.
///
/// A commit that fails on a full disk ends the transaction inside SQLite, while sqlx still counts it: whatever came next would
/// be a savepoint, and its commit a release that makes nothing durable. No such connection may serve again.
async fn is_clean(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A transaction that was dropped is rolled back in the background: wait for that before judging.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

fn setup(sqlite: SqliteConnectOptions, durable: bool, read_only: bool) -> SqliteConnectOptions {
    let synchronous = if durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
    sqlite
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(200)
        .row_buffer_size(ROWS_AHEAD)
        .pragma("query_only", if read_only { "on" } else { "off" })
        .pragma("cache_size", if read_only { READER_CACHE } else { WRITER_CACHE })
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
}
