//! Receipts: answers already given, kept so that a repeated request gets the same bytes.

use std::collections::HashMap;

use database::Tx;
use kernel::Instant;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use crate::Answer;
use crate::load::{among, statement};
use crate::seal::Encoder;

/// Names a request that may be repeated, and knows what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptKey {
    /// A digest of the caller's key and of whose keys these are.
    pub id: Uuid,
    /// A digest of the request: the same key with another one is refused.
    pub fingerprint: Uuid,
}

impl ReceiptKey {
    /// Names the request with this fingerprint, made under a key in a scope: principal and route.
    pub fn new(scope: &str, key: &str, fingerprint: Uuid) -> Self {
        Self { id: digest(&[scope.as_bytes(), key.as_bytes()]), fingerprint }
    }
}

/// Digests a request, given in parts, or whatever else names it.
///
/// The first 128 bits of a SHA-256 (FIPS 180-4) over the parts and their lengths: as hard to meet as a random UUID.
pub fn digest(parts: &[&[u8]]) -> Uuid {
    let all = parts.iter().fold(Encoder::default(), |encoder, part| encoder.bytes(part));
    Uuid::from_slice(&all.digest()[..16]).expect("half a SHA-256 has 16 bytes")
}

/// Holds a stored answer.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct StoredReceipt {
    /// [`ReceiptKey::id`].
    pub id: Uuid,
    /// [`ReceiptKey::fingerprint`].
    pub fingerprint: Uuid,
    /// The HTTP status.
    pub status: i16,
    /// The body, JSON.
    pub answer: String,
}

impl StoredReceipt {
    /// Makes the row for an answer.
    pub fn new(key: ReceiptKey, answer: &Answer) -> Self {
        let status = status_column(answer.status);
        Self { id: key.id, fingerprint: key.fingerprint, status, answer: answer.body.clone() }
    }

    /// Returns the answer as it was given.
    pub fn answer(&self) -> Answer {
        Answer { status: u16::try_from(self.status).unwrap_or(500), body: self.answer.clone() }
    }
}

/// Finds the answer given under a key, to whatever was asked.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find(
    connection: &impl ConnectionTrait,
    key: ReceiptKey,
) -> Result<Option<StoredReceipt>, DbErr> {
    let sql = "select id, fingerprint, status, answer from ledger_receipts where id = $1";
    StoredReceipt::find_by_statement(statement(connection, sql, [key.id.into()])).one(connection).await
}

/// Takes a key for work that goes on in `tx`; `false` when it has an answer, or a twin that just ended.
///
/// Waits for another transaction that takes it at this moment. Until [`answer`] writes beside it, the row has
/// status 0, which only `tx` sees: drop or roll back `tx` and the key is free.
///
/// # Errors
/// `DbErr` when the database fails; busy when a twin holds the key beyond the lock time-out.
pub async fn claim(tx: &Tx, key: ReceiptKey, now: Instant) -> Result<bool, DbErr> {
    let sql = "insert into ledger_receipts (id, fingerprint, status, answer, created_at) \
               values ($1, $2, 0, '', $3) on conflict (id) do nothing";
    let values = [key.id.into(), key.fingerprint.into(), now.into()];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
}

/// Writes the answer beside the claim of the same transaction.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn answer(tx: &Tx, key: ReceiptKey, answer: &Answer) -> Result<(), DbErr> {
    let sql = "update ledger_receipts set status = $2, answer = $3 where id = $1";
    let values = [key.id.into(), status_column(answer.status).into(), answer.body.as_str().into()];
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}

/// Gives a key that `tx` claimed back.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn release(tx: &Tx, key: ReceiptKey) -> Result<(), DbErr> {
    let sql = "delete from ledger_receipts where id = $1";
    tx.execute_raw(statement(tx, sql, [key.id.into()])).await?;
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

/// Reads the answers to several requests at once, by the ids of their keys.
pub(crate) async fn find_all(
    connection: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, StoredReceipt>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let (among, ids) = among(connection, ids.iter().copied());
    let sql = format!("select id, fingerprint, status, answer from ledger_receipts where id {among}");
    let found = StoredReceipt::find_by_statement(statement(connection, sql, [ids])).all(connection).await?;
    Ok(found.into_iter().map(|row| (row.id, row)).collect())
}

fn status_column(status: u16) -> i16 {
    i16::try_from(status).unwrap_or(i16::MAX)
}
