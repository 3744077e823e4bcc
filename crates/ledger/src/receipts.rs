//! Receipts: answers already given, kept so that a repeated request gets the same bytes.
//!
//! Most answers show one transfer and nothing else. Of these the transfer's id is kept, and the answer is made anew from the
//! journal, which does not change: the text would be a third of what a transfer takes on disk.

use std::collections::HashMap;

use database::Tx;
use kernel::{Instant, TransferId};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use crate::load::{among, statement, transfers};
use crate::seal::Encoder;
use crate::{Answer, AnswerFn, ItemOutcome, Posted, Receipt, Transfer};

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
    /// The body, JSON; empty where the transfer tells it.
    pub(crate) answer: String,
    /// The one transfer that was made, where the answer shows nothing else.
    pub(crate) transfer_id: Option<TransferId>,
    /// That transfer, when the row was read.
    #[sea_orm(skip)]
    transfer: Option<Transfer>,
}

impl StoredReceipt {
    /// Makes the row for what became of a submission.
    pub(crate) fn new(receipt: &Receipt, items: &[ItemOutcome], answer: &Answer) -> Self {
        let made = if receipt.shows_transfer { only_made(items) } else { None };
        Self {
            id: receipt.key.id,
            fingerprint: receipt.key.fingerprint,
            status: status_column(answer.status),
            answer: if made.is_some() { String::new() } else { answer.body.clone() },
            transfer_id: made,
            transfer: None,
        }
    }

    /// Returns the answer as it was given; none where a transfer tells it ([`Self::answer_by`]).
    pub fn answer(&self) -> Option<Answer> {
        self.transfer_id.is_none().then(|| self.kept())
    }

    /// Returns the answer as it was given, made anew by its function where a transfer tells it.
    pub fn answer_by(&self, make: &AnswerFn) -> Answer {
        match &self.transfer {
            Some(transfer) => make(&[Ok(vec![Posted { transfer: transfer.clone(), already: false }])]),
            None => self.kept(),
        }
    }

    fn kept(&self) -> Answer {
        Answer { status: u16::try_from(self.status).unwrap_or(500), body: self.answer.clone() }
    }
}

/// Returns the transfer that a submission made, if it made one, by itself and now.
fn only_made(items: &[ItemOutcome]) -> Option<TransferId> {
    let [Ok(posted)] = items else { return None };
    let [one] = &posted[..] else { return None };
    (!one.already).then_some(one.transfer.id)
}

/// Finds the answer given under a key, to whatever was asked.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find(
    connection: &impl ConnectionTrait,
    key: ReceiptKey,
) -> Result<Option<StoredReceipt>, DbErr> {
    Ok(find_all(connection, &[key.id]).await?.remove(&key.id))
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
    let sql =
        format!("select id, fingerprint, status, answer, transfer_id from ledger_receipts where id {among}");
    let mut found =
        StoredReceipt::find_by_statement(statement(connection, sql, [ids])).all(connection).await?;
    let shown: Vec<_> = found.iter().filter_map(|receipt| receipt.transfer_id).collect();
    if !shown.is_empty() {
        let shown = transfers(connection, "id", shown.into_iter()).await?;
        // When the answer was made, the row had no place in the journal yet.
        let shown = shown.into_iter().map(|row| (row.id, Transfer { position: 0, ..row }));
        let shown: HashMap<_, _> = shown.collect();
        for receipt in &mut found {
            receipt.transfer = receipt.transfer_id.and_then(|id| shown.get(&id).cloned());
        }
    }
    Ok(found.into_iter().map(|receipt| (receipt.id, receipt)).collect())
}

fn status_column(status: u16) -> i16 {
    i16::try_from(status).unwrap_or(i16::MAX)
}
