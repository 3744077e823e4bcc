//! Throw-away databases: one per test, cloned from a migrated template.
//!
//! `FLORIN_TEST_DATABASE_URL` chooses a PostgreSQL server; without it a test runs on SQLite. The template
//! is made once per schema (its name carries a digest of the migrations) and cloned for each test. Tests that
//! kill the program take [`durable`]: on `FLORIN_TEST_DURABLE_URL`, where that names a server with fsync on.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::migrations::MIGRATIONS;
use crate::observe::Statements;
use crate::{Database, Options, postgres};

const TEMPLATE_LOCK: i64 = 0x0066_6c6f_7269_6e01;

/// Holds a migrated, empty database that goes away with it.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    remains: Remains,
}

/// What has to be removed at the end.
#[derive(Debug)]
enum Remains {
    Directory(PathBuf),
    Postgres { server: String, name: String },
}

/// Returns a fresh, migrated database on the engine that the environment asks for.
///
/// # Panics
/// When the database cannot be made: the test could say nothing.
pub async fn fresh() -> TestDatabase {
    match std::env::var("FLORIN_TEST_DATABASE_URL") {
        Ok(server) => fresh_postgres(server).await.expect("a database on the test server"),
        Err(_) => fresh_sqlite().await.expect("a database in the temporary folder"),
    }
}

/// Returns what [`fresh`] does, on a server that keeps what it acknowledged where there is one.
///
/// # Panics
/// As [`fresh`].
pub async fn durable() -> TestDatabase {
    match std::env::var("FLORIN_TEST_DURABLE_URL") {
        Ok(server) => fresh_postgres(server).await.expect("a database on the durable test server"),
        Err(_) => fresh().await,
    }
}

impl TestDatabase {
    /// Returns the URL, for a second process on the same database.
    pub fn url(&self) -> &str {
        self.database.options.url.expose()
    }
}

impl Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match &self.remains {
            Remains::Directory(directory) => drop(std::fs::remove_dir_all(directory)),
            Remains::Postgres { server, name } => drop_on_server(server.clone(), name.clone()),
        }
    }
}

/// Returns the file behind `sqlite:PATH?options`.
pub(crate) fn sqlite_path(url: &str) -> PathBuf {
    let path = url.trim_start_matches("sqlite://").trim_start_matches("sqlite:");
    PathBuf::from(path.split('?').next().unwrap_or(path))
}

async fn fresh_sqlite() -> Result<TestDatabase, DbErr> {
    let template = std::env::temp_dir().join(format!("florin-template-{}.db", digest()));
    if !template.exists() {
        make_sqlite_template(&template).await?;
    }
    let directory = std::env::temp_dir().join(format!("florin-test-{}", unique()));
    std::fs::create_dir(&directory).map_err(|error| custom(&error))?;
    let file = directory.join("florin.db");
    std::fs::copy(&template, &file).map_err(|error| custom(&error))?;
    let database = Database::connect(&options(format!("sqlite:{}", file.display()))).await?;
    Ok(TestDatabase { database, remains: Remains::Directory(directory) })
}

/// Migrates a file of this process and moves it into place: whoever comes first or last, it is whole.
async fn make_sqlite_template(template: &Path) -> Result<(), DbErr> {
    let building = std::env::temp_dir().join(format!("florin-building-{}.db", unique()));
    let database = Database::connect(&options(format!("sqlite:{}", building.display()))).await?;
    database.migrate().await?;
    // Leaves everything in the one file, so that it can be copied.
    database.primary().execute_unprepared("pragma journal_mode = delete").await.ok();
    database.close().await;
    std::fs::rename(&building, template).map_err(|error| custom(&error))?;
    for leftover in ["migrate.lock", "db-wal", "db-shm"] {
        let _ = std::fs::remove_file(building.with_extension(leftover));
    }
    Ok(())
}

async fn fresh_postgres(server: String) -> Result<TestDatabase, DbErr> {
    let template = format!("florin_template_{}", digest());
    let admin = postgres::connect(&options(server.clone()), &server, 1, &Statements::default()).await?;
    admin.execute_unprepared("set statement_timeout = 0; set lock_timeout = 0").await?;
    admin.execute_unprepared(&format!("select pg_advisory_lock({TEMPLATE_LOCK})")).await?;
    let known = admin
        .query_one_raw(Statement::from_sql_and_values(
            sea_orm::DbBackend::Postgres,
            "select 1 from pg_database where datname = $1",
            [template.clone().into()],
        ))
        .await?;
    if known.is_none() {
        let building = format!("{template}_building");
        admin.execute_unprepared(&format!("drop database if exists {building}")).await?;
        admin.execute_unprepared(&format!("create database {building}")).await?;
        let database = Database::connect(&options(with_name(&server, &building))).await?;
        database.migrate().await?;
        database.close().await;
        admin.execute_unprepared(&format!("alter database {building} rename to {template}")).await?;
    }
    admin.execute_unprepared(&format!("select pg_advisory_unlock({TEMPLATE_LOCK})")).await?;
    let name = format!("florin_test_{}", unique());
    admin.execute_unprepared(&format!("create database {name} template {template}")).await?;
    admin.close().await?;
    let database = Database::connect(&options(with_name(&server, &name))).await?;
    Ok(TestDatabase { database, remains: Remains::Postgres { server, name } })
}

/// Drops the database from a thread of its own: the test's runtime is ending.
fn drop_on_server(server: String, name: String) {
    let work = async move {
        let admin = postgres::connect(&options(server.clone()), &server, 1, &Statements::default()).await?;
        admin.execute_unprepared(&format!("drop database if exists {name} with (force)")).await?;
        admin.close().await
    };
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // A database left behind goes with the throw-away server.
        runtime.map(|runtime| runtime.block_on(work).ok())
    });
    drop(thread.join());
}

fn options(url: String) -> Options {
    Options { durable: false, acquire_timeout: Duration::from_secs(2), connections: 4, ..Options::new(url) }
}

/// Puts another database's name into a server URL: `postgres://user@host/NAME?options`.
fn with_name(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').unwrap_or((server, ""));
    let base = base.rsplit_once('/').map_or(base, |(front, _)| front);
    format!("{base}/{name}?{query}")
}

/// Names the schema: the same migrations give the same digest within one build.
fn digest() -> String {
    let mut hasher = DefaultHasher::new();
    for migration in MIGRATIONS {
        (migration.name, migration.shared, migration.postgres, migration.sqlite).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

fn unique() -> String {
    let bytes: [u8; 8] = kernel::Random::system().bytes();
    format!("{:016x}", u64::from_be_bytes(bytes))
}

fn custom(error: &std::io::Error) -> DbErr {
    DbErr::Custom(error.to_string())
}
