//! Opening the database and the write transaction.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Instant, Secret};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use uuid::Uuid;

use crate::gather::{ByIds, Gatherer, Rows};
use crate::observe::Statements;
use crate::{postgres, sqlite};

/// Carries every write: opened by [`Database::begin`], passed down, committed on the service's last line.
pub type Tx = DatabaseTransaction;

/// Names the engine that runs underneath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded engine: one file, one writer.
    Sqlite,
    /// The server: many writers, many nodes.
    Postgres,
}

/// Says where the database is and how it is used.
#[derive(Clone, Debug)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: Secret<String>,
    /// A PostgreSQL replica for lists; the primary serves them when absent.
    pub read_url: Option<Secret<String>>,
    /// The most connections of each pool (SQLite has one writer, and readers up to this and twice its cores).
    pub connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// How long one statement may run (PostgreSQL).
    pub statement_timeout: Duration,
    /// How long a statement waits for a row lock (PostgreSQL).
    pub lock_timeout: Duration,
    /// From when on a statement is logged as slow.
    pub slow_statement: Duration,
    /// Whether a commit reaches the disk before it returns. Off only for throw-away test databases.
    pub durable: bool,
}

impl Options {
    /// Takes the usual settings for the database at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: Secret::new(url.into()),
            read_url: None,
            connections: 8,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(5),
            slow_statement: Duration::from_millis(250),
            durable: true,
        }
    }
}

/// Holds the connections to one database; clones share them.
#[derive(Clone, Debug)]
pub struct Database {
    engine: Engine,
    write: DatabaseConnection,
    read: DatabaseConnection,
    /// As `read`, for what many look at: its sessions find rows by key.
    looks: DatabaseConnection,
    /// Shared: a handle is cloned for every request.
    pub(crate) options: Arc<Options>,
    statements: Statements,
    gatherer: Gatherer,
}

impl Database {
    /// Opens the database without touching its schema.
    ///
    /// # Errors
    /// `DbErr` when the URL names neither engine or the database cannot be reached.
    pub async fn connect(options: &Options) -> Result<Self, DbErr> {
        let url = options.url.expose();
        let statements = Statements::default();
        let (engine, write, read, looks) = if url.starts_with("sqlite:") {
            let (write, read) = sqlite::connect(options, &statements).await?;
            (Engine::Sqlite, write, read.clone(), read)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let write = postgres::connect(options, url, options.connections, &statements).await?;
            let read = match &options.read_url {
                Some(replica) => {
                    postgres::connect(options, replica.expose(), options.connections, &statements).await?
                }
                None => write.clone(),
            };
            let place = options.read_url.as_ref().map_or(url, |replica| replica.expose());
            let looks = postgres::connect_looks(options, place, LOOKS, &statements).await?;
            (Engine::Postgres, write, read, looks)
        } else {
            return Err(DbErr::Custom("the database URL must begin with sqlite: or postgres://".to_owned()));
        };
        let (options, gatherer) = (Arc::new(options.clone()), Gatherer::default());
        Ok(Self { engine, write, read, looks, options, statements, gatherer })
    }

    /// Opens connections of its own to the same database, for a writer that must not queue behind others and finds rows
    /// by key whatever the tables hold.
    ///
    /// On SQLite there is one writer only, so the same connections are returned.
    ///
    /// # Errors
    /// `DbErr` when the database cannot be reached.
    pub async fn dedicated(&self, connections: u32) -> Result<Self, DbErr> {
        if self.engine == Engine::Sqlite {
            return Ok(self.clone());
        }
        let write = postgres::connect_by_key(&self.options, connections, &self.statements).await?;
        Ok(Self { write, ..self.clone() })
    }

    /// Opens the write transaction.
    ///
    /// # Errors
    /// `DbErr` when no connection is free in time or, on SQLite, another process holds the write lock too long.
    #[expect(clippy::disallowed_methods, reason = "the one place that opens transactions")]
    pub async fn begin(&self) -> Result<Tx, DbErr> {
        let options = match self.engine {
            Engine::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            },
            // Read committed, as every session was opened.
            Engine::Postgres => TransactionOptions::default(),
        };
        self.write.begin_with_options(options).await
    }

    /// Opens a transaction that only reads and sees one moment of the primary, for as long as it lasts.
    ///
    /// For proofs and exports that read everything. Writers are not held up, but what they leave behind is
    /// kept until the snapshot ends. No statement of it has a time limit.
    ///
    /// # Errors
    /// `DbErr` when no connection is free in time.
    #[expect(clippy::disallowed_methods, reason = "the one place that opens transactions")]
    pub async fn snapshot(&self) -> Result<Tx, DbErr> {
        match self.engine {
            Engine::Sqlite => {
                let options = TransactionOptions {
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
                    ..TransactionOptions::default()
                };
                self.read.begin_with_options(options).await
            }
            Engine::Postgres => {
                let options = TransactionOptions {
                    isolation_level: Some(IsolationLevel::RepeatableRead),
                    access_mode: Some(AccessMode::ReadOnly),
                    ..TransactionOptions::default()
                };
                let tx = self.write.begin_with_options(options).await?;
                tx.execute_unprepared("set local statement_timeout = 0").await?;
                tx.execute_unprepared("set local idle_in_transaction_session_timeout = '5min'").await?;
                Ok(tx)
            }
        }
    }

    /// Lends the connections that lists and shows read from. Never decide from them.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// Reads rows by ids for a list or a show, with one statement for all who ask for the same at this moment. Never
    /// decide from them.
    ///
    /// # Errors
    /// `DbErr` when the database fails.
    pub async fn gather(
        &self,
        what: &'static ByIds,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<Rows, DbErr> {
        self.gatherer.read(&self.looks, what, ids.into_iter().collect()).await
    }

    /// Lends the primary's connections outside a transaction, for reads that must see the last commit.
    pub fn primary(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Lends connections that see the last commit and never wait for a writer: for checks at the edge.
    ///
    /// On SQLite these are the readers, which see every commit; on PostgreSQL the primary, never a replica.
    pub fn latest(&self) -> &DatabaseConnection {
        match self.engine {
            Engine::Sqlite => &self.read,
            Engine::Postgres => &self.write,
        }
    }

    /// Names the engine.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Asks the database what time it is, to compare clocks; nothing is decided by it.
    ///
    /// # Errors
    /// `DbErr` when it cannot be asked.
    pub async fn server_time(&self) -> Result<Instant, DbErr> {
        let sql = match self.engine {
            Engine::Postgres => "select clock_timestamp() as at",
            Engine::Sqlite => "select strftime('%Y-%m-%dT%H:%M:%fZ') as at",
        };
        let row =
            self.write.query_one_raw(Statement::from_string(self.write.get_database_backend(), sql)).await?;
        row.ok_or_else(|| DbErr::RecordNotFound("the time".to_owned()))?.try_get("", "at")
    }

    /// Returns how large the database is, in bytes.
    ///
    /// # Errors
    /// `DbErr` when it cannot be asked.
    pub async fn size_bytes(&self) -> Result<u64, DbErr> {
        let sql = match self.engine {
            Engine::Postgres => "select pg_database_size(current_database()) as bytes",
            Engine::Sqlite => {
                "select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()"
            }
        };
        let backend = self.read.get_database_backend();
        let row = self.read.query_one_raw(Statement::from_string(backend, sql)).await?;
        let bytes: i64 = row.map_or(Ok(0), |row| row.try_get("", "bytes"))?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }

    /// Returns how many statements went to the database so far, through this handle and its clones.
    pub fn statements(&self) -> u64 {
        self.statements.count()
    }

    /// Returns the different statements that went to the database since this was asked first: for tests that have them
    /// explained. They have no values.
    pub fn statement_texts(&self) -> std::collections::BTreeSet<String> {
        self.statements.texts()
    }

    /// Counts the connections of each pool, by its name.
    pub fn pools(&self) -> Vec<(&'static str, Pool)> {
        let write = ("write", Pool::of(&self.write));
        let (read, looks) = (("read", Pool::of(&self.read)), ("looks", Pool::of(&self.looks)));
        match (self.engine, &self.options.read_url) {
            (Engine::Sqlite, _) => vec![write, read],
            // Without a replica one pool writes and reads.
            (Engine::Postgres, None) => vec![write, looks],
            (Engine::Postgres, Some(_)) => vec![write, read, looks],
        }
    }

    /// Ends all connections; what runs is finished first, unless it takes longer than a few seconds.
    ///
    /// A connection to a server that fell silent may never come back to its pool: nobody waits for it.
    pub async fn close(&self) {
        let closed = async {
            // Closing one handle of a pool closes the pool; an error means that it was closed already.
            let _ = self.read.close_by_ref().await;
            let _ = self.looks.close_by_ref().await;
            let _ = self.write.close_by_ref().await;
        };
        if tokio::time::timeout(LAST_WORK, closed).await.is_err() {
            tracing::warn!("a connection to the database does not come back, and is left");
        }
    }
}

/// Counts a pool's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Connections that wait for work.
    pub idle: usize,
    /// Connections that are lent.
    pub busy: usize,
}

impl Pool {
    fn of(connection: &DatabaseConnection) -> Self {
        let (size, idle) = if connection.get_database_backend() == DbBackend::Postgres {
            let pool = connection.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        } else {
            let pool = connection.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        };
        Self { idle, busy: (size as usize).saturating_sub(idle) }
    }
}

/// How many connections PostgreSQL gets for what many look at: with more, sessions only wait for one another's processor.
const LOOKS: u32 = 4;

/// How long what runs on a connection keeps the pool from being closed.
const LAST_WORK: Duration = Duration::from_secs(3);

/// How long the database may leave a short piece of work without an answer, waits for locks included.
const PATIENCE: Duration = Duration::from_secs(15);

/// Ends work that waits for an answer which does not come: the server froze, or the way to it swallows everything.
///
/// The time-outs of a session are kept by the server, and are of no use when it is the server that is silent; without this,
/// a loop that runs behind would stand still until the kernel gives the connection up, if ever. What the work had
/// open is given back, and the pool closes it.
///
/// # Errors
/// `DbErr::Conn` when the time is over; the work's own.
pub async fn in_time<T>(work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    let ended = tokio::time::timeout(PATIENCE, work).await;
    let silent = |_| DbErr::Conn(RuntimeErr::Internal("the database does not answer".to_owned()));
    ended.map_err(silent).flatten()
}

/// Opens a savepoint: its rollback undoes what came after, and the outer transaction goes on.
///
/// # Errors
/// `DbErr` when the connection is lost.
#[expect(clippy::disallowed_methods, reason = "the one place that opens transactions")]
pub async fn savepoint(tx: &Tx) -> Result<Tx, DbErr> {
    tx.begin().await
}

/// Commits, and returns when the replicas that a commit waits for have all that this transaction wrote *and read*.
///
/// For an answer that rests on rows of others. On PostgreSQL with synchronous replicas a commit whose wait is cut short, by
/// a crash of the server or by an operator, can be read from then on although no replica has it, and a failover would take
/// it back. The record that is written here lies behind it in the server's log, and this commit waits for both.
///
/// # Errors
/// `DbErr` when the connection is lost.
pub async fn commit_confirmed(tx: Tx) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("select pg_logical_emit_message(true, 'florin', '')").await?;
    }
    tx.commit().await
}
