//! Writing what was decided: one statement on PostgreSQL, one per table on SQLite.

use database::{Engine, Tx};
use sea_orm::DbErr;

use crate::decide::Book;
use crate::load::engine;
use crate::receipts::StoredReceipt;
use crate::{write_postgres, write_sqlite};

/// Writes the accepted transfers of a book with their entries, holds and balances, and the receipts.
///
/// # Errors
/// `DbErr`, also when another node wrote one of the ids or keys meanwhile: see [`is_duplicate`].
pub(crate) async fn write(tx: &Tx, book: &Book, receipts: &[StoredReceipt]) -> Result<(), DbErr> {
    if book.rows().is_empty() && receipts.is_empty() {
        return Ok(());
    }
    match engine(tx) {
        Engine::Postgres => write_postgres::write(tx, book, receipts).await,
        Engine::Sqlite => write_sqlite::write(tx, book, receipts).await,
    }
}

/// Says whether a write met an id or key that another node wrote meanwhile, so that reading again settles it.
pub(crate) fn is_duplicate(error: &DbErr) -> bool {
    matches!(
        database::violated(error).as_deref(),
        Some(
            "ledger_transfers_pkey"
                | "ledger_transfers_of_transfer_id_unique"
                | "ledger_receipts_scope_key_unique"
        )
    )
}
