//! Whole copies of a database: taken beside running work, checked, and put in another's place.
//!
//! On SQLite a copy is a file, made here. On PostgreSQL it is made and read by PostgreSQL's own programs;
//! here are the databases around it, which [`Server`] makes, renames and drops.

use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use crate::migrations::MIGRATIONS;
use crate::observe::Statements;
use crate::{Database, Options, postgres};

/// Lists the migrations that this program knows, oldest first.
pub fn known_migrations() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().map(|migration| migration.name)
}

/// Returns the file behind `sqlite:PATH?options`.
pub fn sqlite_file(url: &str) -> PathBuf {
    crate::testing::sqlite_path(url)
}

impl Database {
    /// SQLite: writes a consistent copy as one file, as of this moment, while others go on writing.
    ///
    /// # Errors
    /// `DbErr` when the file exists or cannot be written.
    pub async fn copy_to(&self, file: &Path) -> Result<(), DbErr> {
        let path =
            file.to_str().ok_or_else(|| DbErr::Custom("the path of the copy is not text".to_owned()))?;
        let copy = Statement::from_sql_and_values(DbBackend::Sqlite, "vacuum into $1", [path.into()]);
        self.primary().execute_raw(copy).await?;
        Ok(())
    }

    /// SQLite: reads every page and every reference of the file; returns what is wrong, if anything.
    ///
    /// # Errors
    /// `DbErr` when the file is so damaged that it cannot be read.
    pub async fn damage(&self) -> Result<Option<String>, DbErr> {
        let check = Statement::from_string(DbBackend::Sqlite, "pragma integrity_check(1)");
        let row = self.primary().query_one_raw(check).await?;
        let verdict: String = row.map_or(Ok(String::new()), |row| row.try_get_by_index(0))?;
        if verdict != "ok" {
            return Ok(Some(verdict));
        }
        let references = Statement::from_string(DbBackend::Sqlite, "pragma foreign_key_check");
        let stray = self.primary().query_one_raw(references).await?;
        Ok(stray.map(|_| "a row refers to one that does not exist".to_owned()))
    }

    /// SQLite: folds the log into the one file, which proves that nobody else has the database open, and closes it.
    ///
    /// # Errors
    /// `DbErr` when another connection, of this process or of another, is open.
    pub async fn fold(self) -> Result<(), DbErr> {
        let (read, write) = (self.read().clone(), self.primary().clone());
        read.close().await?;
        let fold = Statement::from_string(DbBackend::Sqlite, "pragma journal_mode = delete");
        let row = write.query_one_raw(fold).await?;
        let mode: String = row.map_or(Ok(String::new()), |row| row.try_get_by_index(0))?;
        write.close().await?;
        if mode == "delete" {
            Ok(())
        } else {
            Err(DbErr::Custom("the database is open elsewhere".to_owned()))
        }
    }
}

/// Holds a connection to a PostgreSQL server from which its databases are managed.
#[derive(Debug)]
pub struct Server(DatabaseConnection);

impl Server {
    /// Connects to the server by the URL of a database that is not managed, usually `postgres`.
    ///
    /// # Errors
    /// `DbErr` when it cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, DbErr> {
        let connection = postgres::connect(&Options::new(url), url, 1, &Statements::default()).await?;
        connection.execute_unprepared("set statement_timeout = 0").await?;
        Ok(Self(connection))
    }

    /// Says whether a database of this name exists.
    ///
    /// # Errors
    /// `DbErr` when the server cannot be asked.
    pub async fn has(&self, name: &str) -> Result<bool, DbErr> {
        let sql = "select 1 as found from pg_database where datname = $1";
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [name.into()]);
        Ok(self.0.query_one_raw(statement).await?.is_some())
    }

    /// Makes an empty database.
    ///
    /// # Errors
    /// `DbErr` when the name is taken or the role may not make databases.
    pub async fn create(&self, name: &str) -> Result<(), DbErr> {
        self.run(format!("create database {} template template0", quoted(name))).await
    }

    /// Renames a database.
    ///
    /// # Errors
    /// `DbErr` when somebody is connected to it or the new name is taken.
    pub async fn rename(&self, name: &str, new: &str) -> Result<(), DbErr> {
        self.run(format!("alter database {} rename to {}", quoted(name), quoted(new))).await
    }

    /// Drops a database, if it exists.
    ///
    /// # Errors
    /// `DbErr` when somebody is connected to it.
    pub async fn remove(&self, name: &str) -> Result<(), DbErr> {
        self.run(format!("drop database if exists {}", quoted(name))).await
    }

    async fn run(&self, sql: String) -> Result<(), DbErr> {
        self.0.execute_unprepared(&sql).await.map(drop)
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
