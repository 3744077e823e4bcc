//! Sealing again what is still under an older key.

use kernel::Random;
use sea_orm::{ConnectionTrait, DbErr, Statement, Value};
use uuid::Uuid;

use super::{KeyRing, Place, SealError};
use crate::Bank;

/// How many rows one transaction seals again.
const BATCH: u64 = 200;

/// Names a column that holds sealed texts, in a table with the key `id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
}

/// Every sealed column; a new one is added here, so that a change of keys reaches it.
const COLUMNS: &[SealedColumn] = &[
    SealedColumn { table: "users", column: "totp_seed" },
    SealedColumn { table: "challenges", column: "sealed_code" },
    SealedColumn { table: "truelayer_oauth_states", column: "code_verifier" },
    SealedColumn { table: "truelayer_accounts", column: "answer" },
    SealedColumn { table: "truelayer_transactions", column: "answer" },
    SealedColumn { table: "truelayer_pending_transactions", column: "answer" },
    SealedColumn { table: "truelayer_instructions", column: "answer" },
];

/// Says how far the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Where it works.
    pub column: SealedColumn,
    /// How many rows of the column it sealed again so far.
    pub rewrapped: u64,
}

/// Says why sealing again stopped; what was done stays done, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum RewrapError {
    /// A value does not open: its key is missing from the ring.
    #[error("{table}.{column} of row {row} does not open: its key is missing from the ring")]
    Seal {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: Uuid,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] DbErr),
}

/// Seals every value of every sealed column under the ring's first key, and tells the progress.
///
/// It works in small transactions beside the running service, can be stopped anywhere and started again:
/// what is done no longer carries an old key's id.
///
/// # Errors
/// [`RewrapError::Seal`] for a value that does not open, [`RewrapError::Storage`].
pub async fn rewrap(bank: &Bank, mut progress: impl FnMut(Progress)) -> Result<u64, RewrapError> {
    let mut total = 0;
    for column in COLUMNS {
        total += rewrap_column(bank, *column, &mut progress).await?;
    }
    Ok(total)
}

/// Seals every value of one column under the ring's first key.
///
/// # Errors
/// As [`rewrap`].
pub async fn rewrap_column(
    bank: &Bank,
    column: SealedColumn,
    progress: &mut impl FnMut(Progress),
) -> Result<u64, RewrapError> {
    let mut rewrapped = 0;
    loop {
        let done = rewrap_batch(bank, column).await?;
        rewrapped += done;
        progress(Progress { column, rewrapped });
        if done < BATCH {
            return Ok(rewrapped);
        }
    }
}

async fn rewrap_batch(bank: &Bank, column: SealedColumn) -> Result<u64, RewrapError> {
    let SealedColumn { table, column: name } = column;
    let tx = bank.db.begin().await?;
    let backend = tx.get_database_backend();
    let select = format!(
        "select id, {name} as sealed from {table} where {name} is not null and {name} not like $1 order by id limit {BATCH}"
    );
    let like = Value::from(format!("{}%", bank.keys.current_prefix()));
    let rows = tx.query_all_raw(Statement::from_sql_and_values(backend, select, [like])).await?;
    let mut done = 0;
    for row in rows {
        let (id, old): (Uuid, String) = (row.try_get("", "id")?, row.try_get("", "sealed")?);
        let place = Place { table, row: id, column: name };
        let sealed = again(&bank.keys, &bank.random, place, &old);
        let sealed = sealed.map_err(|SealError| RewrapError::Seal { table, column: name, row: id })?;
        // A value that its owner changed meanwhile is under the new key already: leave it.
        let update = format!("update {table} set {name} = $1 where id = $2 and {name} = $3");
        let values = [Value::from(sealed), Value::from(id), Value::from(old)];
        tx.execute_raw(Statement::from_sql_and_values(backend, update, values)).await?;
        done += 1;
    }
    tx.commit().await?;
    Ok(done)
}

fn again(keys: &KeyRing, random: &Random, place: Place, old: &str) -> Result<String, SealError> {
    Ok(keys.seal(random, place, keys.open(place, old)?.expose()))
}
