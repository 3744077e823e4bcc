//! The schema, as an ordered list of migrations that both engines share.
//!
//! A migration is SQL in PostgreSQL's types; for SQLite the types are exchanged (see [`for_sqlite`]) and the
//! tables become `strict`. What the engines write differently (triggers, partial and covering indexes) stands
//! in a second text per engine. A migration starts with a comment that says why, and is never edited after
//! release: expand, move, contract.

use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use crate::Engine;

/// Holds one step of the schema.
#[derive(Clone, Copy)]
pub(crate) struct Migration {
    /// `mNNNN_what`, in the order of application.
    pub(crate) name: &'static str,
    /// What both engines run, in PostgreSQL's types.
    pub(crate) shared: &'static str,
    /// What only PostgreSQL runs, afterwards.
    pub(crate) postgres: &'static str,
    /// What only SQLite runs, afterwards, as it stands.
    pub(crate) sqlite: &'static str,
}

/// Every migration, oldest first.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "m0001_ledger",
        shared: include_str!("m0001_ledger.sql"),
        postgres: include_str!("m0001_ledger.postgres.sql"),
        sqlite: include_str!("m0001_ledger.sqlite.sql"),
    },
    Migration {
        name: "m0002_foundation",
        shared: include_str!("m0002_foundation.sql"),
        postgres: include_str!("m0002_foundation.postgres.sql"),
        sqlite: include_str!("m0002_foundation.sqlite.sql"),
    },
    Migration {
        name: "m0003_seal",
        shared: include_str!("m0003_seal.sql"),
        postgres: include_str!("m0003_seal.postgres.sql"),
        sqlite: include_str!("m0003_seal.sqlite.sql"),
    },
    Migration {
        name: "m0004_identity",
        shared: include_str!("m0004_identity.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        name: "m0005_jobs",
        shared: include_str!("m0005_jobs.sql"),
        postgres: include_str!("m0005_jobs.engine.sql"),
        sqlite: include_str!("m0005_jobs.engine.sql"),
    },
    Migration {
        name: "m0006_approvals",
        shared: include_str!("m0006_approvals.sql"),
        postgres: include_str!("m0006_approvals.engine.sql"),
        sqlite: include_str!("m0006_approvals.engine.sql"),
    },
    Migration { name: "m0007_kyc", shared: include_str!("m0007_kyc.sql"), postgres: "", sqlite: "" },
    Migration {
        name: "m0008_accounts",
        shared: include_str!("m0008_accounts.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        name: "m0009_transfers",
        shared: include_str!("m0009_transfers.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        name: "m0010_oversight",
        shared: include_str!("m0010_oversight.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        name: "m0011_openbanking",
        shared: include_str!("m0011_openbanking.sql"),
        postgres: include_str!("m0011_openbanking.engine.sql"),
        sqlite: include_str!("m0011_openbanking.engine.sql"),
    },
    Migration {
        name: "m0012_imported",
        shared: include_str!("m0012_imported.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        name: "m0013_instructions",
        shared: include_str!("m0013_instructions.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        name: "m0014_connection_days",
        shared: include_str!("m0014_connection_days.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        name: "m0015_payments",
        shared: include_str!("m0015_payments.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration { name: "m0016_tasks", shared: include_str!("m0016_tasks.sql"), postgres: "", sqlite: "" },
    Migration {
        name: "m0017_group_commit",
        shared: "",
        postgres: include_str!("m0017_group_commit.postgres.sql"),
        sqlite: "",
    },
    Migration {
        name: "m0018_receipts",
        shared: include_str!("m0018_receipts.sql"),
        postgres: "",
        sqlite: "",
    },
];

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        MIGRATIONS.iter().map(|migration| Box::new(*migration) as Box<dyn MigrationTrait>).collect()
    }
}

impl MigrationName for Migration {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let engine = match connection.get_database_backend() {
            sea_orm::DbBackend::Postgres => Engine::Postgres,
            _ => Engine::Sqlite,
        };
        for text in self.texts(engine) {
            connection.execute_unprepared(&text).await?;
        }
        Ok(())
    }

    /// SeaORM uses none on SQLite unless it is told to.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

impl Migration {
    /// Returns what `engine` runs, in order.
    fn texts(&self, engine: Engine) -> Vec<String> {
        let texts = match engine {
            Engine::Postgres => [self.shared.to_owned(), self.postgres.to_owned()],
            Engine::Sqlite => [for_sqlite(self.shared), self.sqlite.to_owned()],
        };
        texts.into_iter().filter(|text| !text.trim().is_empty()).collect()
    }
}

/// Exchanges PostgreSQL's column types for those of SQLite's strict tables.
///
/// Types are recognized as whole lower-case words, so no column may be named like one; a table ends with
/// `);` on a line of its own.
fn for_sqlite(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    for line in sql.lines() {
        let code = line.split("--").next().unwrap_or_default();
        if code.trim_end() == ");" {
            out.push_str(") strict;\n");
            continue;
        }
        let mut word = String::new();
        for letter in code.chars().chain(std::iter::once('\n')) {
            if letter.is_ascii_alphanumeric() || letter == '_' {
                word.push(letter);
                continue;
            }
            out.push_str(sqlite_type(&word));
            word.clear();
            out.push(letter);
        }
    }
    out
}

fn sqlite_type(word: &str) -> &str {
    match word {
        "uuid" | "bytea" => "blob",
        "timestamptz" | "date" | "jsonb" => "text",
        "bigint" | "smallint" | "boolean" => "integer",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_exchanged_and_tables_become_strict() {
        let sql = "create table users (\n  id uuid not null, -- a uuid\n  born_on date,\n  n bigint\n);\n";
        let expected =
            "create table users (\n  id blob not null, \n  born_on text,\n  n integer\n) strict;\n";
        assert_eq!(for_sqlite(sql), expected);
    }

    #[test]
    fn names_are_in_order_and_each_stands_once() {
        let names: Vec<_> = MIGRATIONS.iter().map(|migration| migration.name).collect();
        assert!(names.is_sorted_by(|earlier, later| earlier < later), "{names:?}");
    }
}
