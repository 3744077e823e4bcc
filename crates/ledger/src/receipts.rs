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
        let status = i16::try_from(answer.status).unwrap_or(i16::MAX);
        Self { scope, key, fingerprint, status, answer: answer.body.clone() }
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

/// Stores an answer; `false` when the key has one already, which then stays.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn insert(tx: &Tx, receipt: &StoredReceipt, now: Instant) -> Result<bool, DbErr> {
    let sql = "insert into ledger_receipts (scope, key, fingerprint, status, answer, created_at) \
               values ($1, $2, $3, $4, $5, $6) on conflict (scope, key) do nothing";
    let values = [
        receipt.scope.clone().into(),
        receipt.key.clone().into(),
        receipt.fingerprint.clone().into(),
        receipt.status.into(),
        receipt.answer.clone().into(),
        now.into(),
    ];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
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
