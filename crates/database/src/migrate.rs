//! Bringing the schema up to date.

use sea_orm::{ConnectionTrait, DbErr, Statement};
use sea_orm_migration::MigratorTrait;

use crate::migrations::{MIGRATIONS, Migrator};
use crate::observe::Statements;
use crate::violated::is_missing_table;
use crate::{Database, Engine, postgres};

/// Guards the schema on PostgreSQL: "florin" in ASCII, as a number.
const MIGRATION_LOCK: i64 = 0x0066_6c6f_7269_6e00;

impl Database {
    /// Applies every migration that is missing, one at a time, each in a transaction of its own.
    ///
    /// Nodes that start together take turns: PostgreSQL by an advisory lock on a connection of its own,
    /// SQLite by a lock file beside the database.
    ///
    /// # Errors
    /// `DbErr` of the migration that failed; those before it stay applied.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        match self.engine() {
            Engine::Postgres => self.migrate_postgres().await,
            Engine::Sqlite => self.migrate_sqlite().await,
        }
    }

    /// Lists the migrations that are not applied yet; reads only.
    ///
    /// # Errors
    /// `DbErr` when the database cannot be read.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, DbErr> {
        let applied = self.applied_migrations().await?;
        let names = MIGRATIONS.iter().map(|migration| migration.name.to_owned());
        Ok(names.filter(|name| !applied.contains(name)).collect())
    }

    /// Lists the migrations that are applied, oldest first, even those of a later version of the program.
    ///
    /// # Errors
    /// `DbErr` when the database cannot be read.
    pub async fn applied_migrations(&self) -> Result<Vec<String>, DbErr> {
        let backend = self.primary().get_database_backend();
        let sql = "select version from seaql_migrations order by version";
        match self.primary().query_all_raw(Statement::from_string(backend, sql)).await {
            Ok(rows) => rows.iter().map(|row| row.try_get("", "version")).collect(),
            Err(error) if is_missing_table(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn migrate_postgres(&self) -> Result<(), DbErr> {
        let lock =
            postgres::connect(&self.options, self.options.url.expose(), 1, &Statements::default()).await?;
        // Waiting for another node's migration may take longer than a statement usually may.
        lock.execute_unprepared("set statement_timeout = 0; set lock_timeout = 0").await?;
        lock.execute_unprepared(&format!("select pg_advisory_lock({MIGRATION_LOCK})")).await?;
        let done = Migrator::up(self.primary(), None).await;
        // Closing the session gives the lock back, whatever happened.
        lock.close().await?;
        done
    }

    async fn migrate_sqlite(&self) -> Result<(), DbErr> {
        let path = crate::testing::sqlite_path(self.options.url.expose());
        let lock = tokio::task::spawn_blocking(move || {
            let file = std::fs::File::create(path.with_extension("migrate.lock"))?;
            file.lock()?;
            Ok::<_, std::io::Error>(file)
        });
        let lock = lock.await.map_err(|error| DbErr::Custom(error.to_string()))?;
        let lock = lock.map_err(|error| DbErr::Custom(format!("the migration lock: {error}")))?;
        let done = Migrator::up(self.primary(), None).await;
        drop(lock);
        done
    }
}
