//! Writing what was decided: one statement on PostgreSQL, one per table on SQLite.

use database::Engine;
use sea_orm::{ConnectionTrait, DbErr};

use crate::decide::Book;
use crate::load::engine;
use crate::receipts::StoredReceipt;
use crate::{write_postgres, write_sqlite};

/// Writes the accepted transfers of a book with their entries, holds and balances, and the receipts.
///
/// On PostgreSQL the connection may be one outside a transaction: then this is the commit.
///
/// # Errors
/// `DbErr`, also when another node wrote one of the ids or keys meanwhile: see [`is_duplicate`].
pub(crate) async fn write(
    connection: &impl ConnectionTrait,
    book: &Book,
    receipts: &[StoredReceipt],
) -> Result<(), DbErr> {
    if book.rows().is_empty() && receipts.is_empty() {
        return Ok(());
    }
    match engine(connection) {
        Engine::Postgres => write_postgres::write(connection, book, receipts).await,
        Engine::Sqlite => write_sqlite::write(connection, book, receipts).await,
    }
}

/// Says whether a write met an id or key that another node wrote meanwhile, so that reading again settles it.
pub(crate) fn is_duplicate(error: &DbErr) -> bool {
    matches!(
        database::violated(error).as_deref(),
        Some("ledger_transfers_pkey" | "ledger_transfers_of_transfer_id_unique" | "ledger_receipts_pkey")
    )
}

/// Says whether a write met an account that somebody else has changed since it was read: the numbers of its next entries
/// are taken. (A row that is another by now is told as a lock that could not be had: [`database::is_busy`].)
pub(crate) fn is_outdated(error: &DbErr) -> bool {
    database::violated(error).as_deref() == Some("ledger_entries_account_id_sequence_unique")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::load::statement;

    #[tokio::test]
    async fn only_an_id_or_key_that_is_there_already_is_a_duplicate() {
        let database = database::testing::fresh().await;
        let failed = async |id: Option<Uuid>, sql: &str| {
            let connection = database.primary();
            let done = connection.execute_raw(statement(connection, sql, [id.into()])).await;
            done.err().map(|error| is_duplicate(&error))
        };
        let insert = "insert into ledger_receipts (id, fingerprint, status, answer, created_at)
            values ($1, $1, 201, '', '2026-03-02T10:00:00Z')";
        let id = Some(Uuid::from_u128(7));
        assert_eq!(failed(id, insert).await, None);
        assert_eq!(failed(id, insert).await, Some(true), "the key of another node");
        assert_eq!(failed(None, insert).await, Some(false), "an id is missing");
        assert_eq!(failed(None, "insert into nowhere values ($1)").await, Some(false), "a table is missing");
    }

    #[tokio::test]
    async fn only_an_entry_whose_number_is_taken_was_decided_on_an_outdated_account() {
        let database = database::testing::fresh().await;
        let connection = database.primary();
        let failed = async |minor: i64| {
            let sql =
                "insert into ledger_entries (account_id, sequence, transfer_id, direction, amount_minor,
                balance_after_minor, counterparty_account_id, code, reference, booked_at, effective_on)
                values ($1, 1, $1, 'debit', $2, 0, $1, '', '', '2026-03-02T10:00:00Z', '2026-03-02')";
            let values = [Uuid::from_u128(7).into(), minor.into()];
            let done = connection.execute_raw(statement(connection, sql, values)).await;
            done.err().map(|error| is_outdated(&error))
        };
        assert_eq!(failed(5).await, None);
        assert_eq!(failed(5).await, Some(true));
        assert_eq!(failed(0).await, Some(false), "no amount");
    }
}
