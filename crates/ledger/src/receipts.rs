//! Receipts: answers already given, kept so that a repeated request gets the same bytes.

use std::collections::HashMap;

use database::{Engine, Tx};
use kernel::Instant;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::load::{engine, statement};
use crate::{Answer, load_postgres, load_sqlite};

/// Holds a stored answer.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct StoredReceipt {
    /// Whose keys these are: principal and route.
    pub scope: String,
    /// The caller's key.
    pub key: String,
    /// A digest of the request.
    pub fingerprint: String,
    /// The HTTP status.
    pub status: i16,
    /// The body, JSON.
    pub answer: String,
}

impl StoredReceipt {
    /// Makes the row for an answer.
    pub fn new(scope: String, key: String, fingerprint: String, answer: &Answer) -> Self {
        Self { scope, key, fingerprint, status: status_column(answer.status), answer: answer.body.clone() }
    }

    /// Returns the answer as it was given.
    pub fn answer(&self) -> Answer {
        Answer { status: u16::try_from(self.status).unwrap_or(500), body: self.answer.clone() }
    }
}

/// Finds the answer given under a key.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find(
    connection: &impl ConnectionTrait,
    scope: &str,
    key: &str,
) -> Result<Option<StoredReceipt>, DbErr> {
    let sql =
        "select scope, key, fingerprint, status, answer from ledger_receipts where scope = $1 and key = $2";
    StoredReceipt::find_by_statement(statement(connection, sql, [scope.into(), key.into()]))
        .one(connection)
        .await
}

/// Takes a key for work that goes on in `tx`; `false` when it has an answer, or a twin that just ended.
///
/// Waits for another transaction that takes it at this moment. Until [`answer`] writes beside it, the row has
/// status 0, which only `tx` sees: drop or roll back `tx` and the key is free.
///
/// # Errors
/// `DbErr` when the database fails; busy when a twin holds the key beyond the lock time-out.
pub async fn claim(
    tx: &Tx,
    (scope, key): (&str, &str),
    fingerprint: &str,
    now: Instant,
) -> Result<bool, DbErr> {
    let sql = "insert into ledger_receipts (scope, key, fingerprint, status, answer, created_at) \
               values ($1, $2, $3, 0, '', $4) on conflict (scope, key) do nothing";
    let values = [scope.into(), key.into(), fingerprint.into(), now.into()];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
}

/// Writes the answer beside the claim of the same transaction.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn answer(tx: &Tx, (scope, key): (&str, &str), answer: &Answer) -> Result<(), DbErr> {
    let sql = "update ledger_receipts set status = $3, answer = $4 where scope = $1 and key = $2";
    let status = status_column(answer.status);
    let values = [scope.into(), key.into(), status.into(), answer.body.as_str().into()];
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}

/// Gives a key that `tx` claimed back.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn release(tx: &Tx, (scope, key): (&str, &str)) -> Result<(), DbErr> {
    let sql = "delete from ledger_receipts where scope = $1 and key = $2";
    tx.execute_raw(statement(tx, sql, [scope.into(), key.into()])).await?;
    Ok(())
}

/// Forgets the answers given before an instant, and returns how many there were.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn forget_before(tx: &Tx, before: Instant) -> Result<u64, DbErr> {
    let sql = "delete from ledger_receipts where created_at < $1";
    Ok(tx.execute_raw(statement(tx, sql, [before.into()])).await?.rows_affected())
}

/// Reads the answers to several requests at once, by scope and key.
pub(crate) async fn find_all(
    tx: &Tx,
    keys: &[(&str, &str)],
) -> Result<HashMap<(String, String), StoredReceipt>, DbErr> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let query = match engine(tx) {
        Engine::Postgres => statement(tx, load_postgres::RECEIPTS, load_postgres::pairs(keys)),
        Engine::Sqlite => statement(tx, load_sqlite::RECEIPTS, [load_sqlite::pairs(keys)]),
    };
    let found = StoredReceipt::find_by_statement(query).all(tx).await?;
    Ok(found.into_iter().map(|row| ((row.scope.clone(), row.key.clone()), row)).collect())
}

fn status_column(status: u16) -> i16 {
    i16::try_from(status).unwrap_or(i16::MAX)
}
