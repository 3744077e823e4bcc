//! A second role on PostgreSQL: runs the program, and can neither change the schema nor what is written once.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

use crate::{Database, Engine};

/// Every table of the schema; its triggers say what may happen to its rows.
const TABLES: &str = "
select c.relname as name,
       exists (select 1 from pg_trigger t
                where t.tgrelid = c.oid and t.tgname = c.relname || '_append_only') as append_only,
       exists (select 1 from pg_trigger t
                where t.tgrelid = c.oid and t.tgname = c.relname || '_no_delete') as kept
  from pg_class c
 where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
 order by c.relname";

#[derive(FromQueryResult)]
struct Table {
    name: String,
    append_only: bool,
    kept: bool,
}

impl Table {
    fn privileges(&self) -> &'static str {
        match self {
            _ if self.name == "seaql_migrations" => "select",
            Self { append_only: true, .. } => "select, insert",
            Self { kept: true, .. } => "select, insert, update",
            _ => "select, insert, update, delete",
        }
    }
}

impl Database {
    /// Gives `role` what the program needs, and takes back what it had beyond that; again after each migration.
    ///
    /// The journal, the audit log, seals, checkpoints, proofs and closed months can be read and added to, nothing
    /// else. The role must exist and must not own the tables: an owner may do anything to them.
    ///
    /// # Errors
    /// `DbErr` when there is no such role, the caller does not own the tables, or the engine is SQLite, which has
    /// no roles.
    pub async fn grant(&self, role: &str) -> Result<(), DbErr> {
        if self.engine() == Engine::Sqlite {
            return Err(DbErr::Custom("SQLite has no roles: who reads the file owns the bank".to_owned()));
        }
        let role = format!("\"{}\"", role.replace('"', "\"\""));
        let tx = self.begin().await?;
        let tables = Statement::from_string(tx.get_database_backend(), TABLES);
        let tables = Table::find_by_statement(tables).all(&tx).await?;
        let schema = "select quote_ident(current_schema()) as name";
        let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), schema)).await?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound("a schema".to_owned()))?;
        let schema: String = row.try_get("", "name")?;
        let mut statements = vec![
            format!("grant usage on schema {schema} to {role}"),
            format!("grant usage on all sequences in schema {schema} to {role}"),
            // Not all functions: an extension's may lie here as well, and belong to somebody else.
            format!("grant execute on function {schema}.ledger_enter, {schema}.ledger_expect to {role}"),
        ];
        for table in &tables {
            statements.push(format!("revoke all on \"{}\" from {role}", table.name));
            statements.push(format!("grant {} on \"{}\" to {role}", table.privileges(), table.name));
        }
        tx.execute_unprepared(&statements.join(";\n")).await?;
        tx.commit().await
    }
}
