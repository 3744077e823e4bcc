//! Evidence for people without the database: that a row stood in a chain, and that a chain only grew.
//!
//! Both are checked against a signed checkpoint and need nothing else: no database, no trust in who sends them. The
//! holder brings the public key and, for growth, a checkpoint received earlier.

use database::Tx;
use sea_orm::{ConnectionTrait, DbErr, Statement};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::block::{self, Seal, is_listed};
use super::checkpoint::newest;
use super::encoding::{Digest, sha256};
use super::{Chained, Checkpoint, Encoder, VerifyingKey};

/// How many headers are read at once.
const PAGE: u64 = 200;

/// Shows that a row stood in its chain when a checkpoint was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// The row's place in the chain.
    pub position: i64,
    /// The row's canonical bytes ([`Encoder`]), beginning with its chain, its place and its id.
    #[serde(with = "hex::serde")]
    pub row: Vec<u8>,
    /// The places and digests of every row in the same block.
    #[serde(with = "hex::serde")]
    pub block_rows: Vec<u8>,
    /// The headers of the row's block and of all after it, up to the checkpoint's.
    pub headers: Vec<Header>,
    /// The signed statement that it is shown against.
    pub checkpoint: Checkpoint,
}

/// Shows that everything an older checkpoint covers is still there under a newer one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Growth {
    /// The headers after the older checkpoint's block, up to the newer one's.
    pub headers: Vec<Header>,
    /// The newer signed statement.
    pub checkpoint: Checkpoint,
}

/// Holds what the hash of a block covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Counts the blocks from 1.
    pub number: i64,
    /// The hash of the block before.
    #[serde(with = "hex::serde")]
    pub previous_hash: Vec<u8>,
    /// The first position covered.
    pub from_position: i64,
    /// The last position covered.
    pub through_position: i64,
    /// How many rows it covers.
    pub row_count: i64,
    /// The SHA-256 of the places and digests of its rows.
    #[serde(with = "hex::serde")]
    pub rows_hash: Vec<u8>,
}

/// Says why evidence shows nothing; in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EvidenceError {
    /// No trusted key signed the checkpoint.
    #[error("no trusted key signed the checkpoint")]
    NotSigned,
    /// The checkpoints are of different chains.
    #[error("the checkpoint is of another chain")]
    OtherChain,
    /// The newer checkpoint is older than the one that is held.
    #[error("the chain is shorter than it was")]
    Shorter,
    /// Headers are missing, superfluous or do not follow one another.
    #[error("block {0} does not follow from the one before")]
    Unlinked(i64),
    /// The headers do not lead to what was signed.
    #[error("the blocks do not lead to the checkpoint")]
    NotTheCheckpoint,
    /// The row's block lists other rows than its header says.
    #[error("the list of rows is not the block's")]
    OtherRows,
    /// The row is not listed at its place with this content.
    #[error("the row is not in the block, or has another content")]
    NotListed,
}

impl Header {
    pub(super) fn of(seal: &Seal) -> Self {
        Self {
            number: seal.number,
            previous_hash: seal.previous_hash.clone(),
            from_position: seal.from_position,
            through_position: seal.through_position,
            row_count: seal.row_count,
            rows_hash: sha256(&seal.row_digests).to_vec(),
        }
    }

    /// Computes the block's hash: chain, number, previous hash, positions, count and the hash of the list of rows.
    pub(super) fn hash(&self, chain: &str) -> Digest {
        Encoder::new("florin/seal/1")
            .text(chain)
            .integer(self.number)
            .bytes(&self.previous_hash)
            .integer(self.from_position)
            .integer(self.through_position)
            .integer(self.row_count)
            .bytes(&self.rows_hash)
            .digest()
    }
}

impl Inclusion {
    /// Checks the evidence against the keys whose checkpoints count.
    ///
    /// # Errors
    /// [`EvidenceError::NotSigned`], [`EvidenceError::Unlinked`], [`EvidenceError::NotTheCheckpoint`],
    /// [`EvidenceError::OtherRows`], [`EvidenceError::NotListed`].
    pub fn verify(&self, trusted: &[VerifyingKey]) -> Result<(), EvidenceError> {
        if !self.checkpoint.is_signed_by(trusted) {
            return Err(EvidenceError::NotSigned);
        }
        let Some(first) = self.headers.first() else { return Err(EvidenceError::NotTheCheckpoint) };
        let (number, through) = (first.number.saturating_sub(1), first.from_position.saturating_sub(1));
        let before = (number, through, first.previous_hash.clone());
        lead(&self.checkpoint, before, &self.headers)?;
        if sha256(&self.block_rows).as_slice() != first.rows_hash {
            return Err(EvidenceError::OtherRows);
        }
        let covers = (first.from_position..=first.through_position).contains(&self.position);
        let listed = is_listed(&self.block_rows, first.from_position, (self.position, &sha256(&self.row)));
        if covers && listed && self.id().is_some() { Ok(()) } else { Err(EvidenceError::NotListed) }
    }

    /// Reads the row's id out of its canonical bytes, where it follows chain and place.
    pub fn id(&self) -> Option<Uuid> {
        let begins = begins(&self.checkpoint.chain, self.position);
        let id = self.row.strip_prefix(begins.as_slice())?.strip_prefix(&16_u32.to_be_bytes())?;
        Uuid::from_slice(id.get(..16)?).ok()
    }
}

/// Encodes what the canonical bytes of every row begin with.
fn begins(chain: &str, position: i64) -> Vec<u8> {
    Encoder::new(&format!("florin/{chain}/1")).integer(position).into_bytes()
}

impl Growth {
    /// Checks that the chain of `older`, which the caller kept, goes on unchanged in this one.
    ///
    /// # Errors
    /// [`EvidenceError::NotSigned`], [`EvidenceError::OtherChain`], [`EvidenceError::Shorter`],
    /// [`EvidenceError::Unlinked`], [`EvidenceError::NotTheCheckpoint`].
    pub fn verify(&self, older: &Checkpoint, trusted: &[VerifyingKey]) -> Result<(), EvidenceError> {
        if !self.checkpoint.is_signed_by(trusted) || !older.is_signed_by(trusted) {
            return Err(EvidenceError::NotSigned);
        }
        if self.checkpoint.chain != older.chain {
            return Err(EvidenceError::OtherChain);
        }
        if self.checkpoint.seal_number < older.seal_number {
            return Err(EvidenceError::Shorter);
        }
        let before = (older.seal_number, older.through_position, older.seal_hash.clone());
        lead(&self.checkpoint, before, &self.headers)
    }
}

/// Follows headers from a block (number, last position, hash) to the one that a checkpoint stands on.
fn lead(
    checkpoint: &Checkpoint,
    before: (i64, i64, Vec<u8>),
    headers: &[Header],
) -> Result<(), EvidenceError> {
    let (mut number, mut through, mut hash) = before;
    for header in headers {
        let follows = number.checked_add(1) == Some(header.number)
            && through.checked_add(1) == Some(header.from_position)
            && header.from_position <= header.through_position
            && hash == header.previous_hash;
        if !follows {
            return Err(EvidenceError::Unlinked(header.number));
        }
        (number, through) = (header.number, header.through_position);
        hash = header.hash(&checkpoint.chain).to_vec();
    }
    let reached = (number, through, &hash);
    let signed = (checkpoint.seal_number, checkpoint.through_position, &checkpoint.seal_hash);
    if reached == signed { Ok(()) } else { Err(EvidenceError::NotTheCheckpoint) }
}

/// Collects the evidence for the row with this id; none while no checkpoint covers it, or there is no such row.
///
/// Costs a page of headers for every 200 blocks between the row and the checkpoint.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn inclusion<C: Chained>(tx: &Tx, id: Uuid) -> Result<Option<Inclusion>, DbErr> {
    let Some(position) = position::<C>(tx, id).await? else { return Ok(None) };
    let Some(checkpoint) = newest(tx, C::NAME).await? else { return Ok(None) };
    let Some(row) = C::rows(tx, position - 1, position, 1).await?.pop() else { return Ok(None) };
    let Some(seal) = block::covering(tx, C::NAME, position).await? else { return Ok(None) };
    let Some(canonical) = row.canonical.filter(|_| seal.number <= checkpoint.seal_number) else {
        return Ok(None);
    };
    let headers = headers(tx, seal.number - 1, &checkpoint).await?;
    Ok(Some(Inclusion { position, row: canonical, block_rows: seal.row_digests, headers, checkpoint }))
}

/// Collects the evidence that the chain grew from block `number` to its newest checkpoint; none without one.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn growth<C: Chained>(tx: &Tx, number: i64) -> Result<Option<Growth>, DbErr> {
    let Some(checkpoint) = newest(tx, C::NAME).await? else { return Ok(None) };
    let headers = headers(tx, number, &checkpoint).await?;
    Ok(Some(Growth { headers, checkpoint }))
}

async fn position<C: Chained>(tx: &Tx, id: Uuid) -> Result<Option<i64>, DbErr> {
    let sql = format!("select position from {} where id = $1", C::TABLE);
    let query = Statement::from_sql_and_values(tx.get_database_backend(), sql, [id.into()]);
    tx.query_one_raw(query).await?.map(|row| row.try_get("", "position")).transpose()
}

async fn headers(tx: &Tx, after: i64, checkpoint: &Checkpoint) -> Result<Vec<Header>, DbErr> {
    let mut headers: Vec<Header> = Vec::new();
    loop {
        let number = headers.last().map_or(after, |last| last.number);
        let page = block::page(tx, &checkpoint.chain, number, PAGE).await?;
        let wanted = page.iter().filter(|seal| seal.number <= checkpoint.seal_number);
        let length = headers.len();
        headers.extend(wanted.map(Header::of));
        if headers.len() == length {
            return Ok(headers);
        }
    }
}
