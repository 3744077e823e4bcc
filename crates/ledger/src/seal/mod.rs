//! Seals: the proof that no row was changed, removed or slipped in after it was written.
//!
//! Rows of a [`Chained`] table carry a position. One trailing sealer ([`seal()`]) hashes them in blocks, each block
//! over the one before, never in the transaction that writes a row. On PostgreSQL a writer holds a shared
//! advisory lock from before it draws a position until its transaction ends; the sealer takes that lock exclusively
//! for an instant to read the highest position, and knows then that nothing below can still appear. Positions without
//! a row (of transactions rolled back) are sealed as empty, so a row that turns up there later is an insertion.
//!
//! A chain inside the database says nothing against somebody who rewrites all of it. [`checkpoint()`] signs how far a
//! chain has come and appends that to a file outside the database as well: a cut tail, a rewritten chain, a fork
//! and an old copy all contradict a checkpoint. `verify` reads both. Somebody without the database is shown an
//! [`Inclusion`] or a [`Growth`].
//!
//! Cost: a block of a thousand rows is one read and one insert; 36 bytes a row. Writers wait for the sealer only
//! while it reads one number, and it gives up after 200 ms behind a long transaction.

mod block;
mod checkpoint;
mod checkpoint_file;
mod encoding;
mod evidence;
mod journal;
mod key;
mod sealer;
mod standing;

pub(crate) use block::{GENESIS, page, sealed_through};
pub use block::{Seal, last};
pub(crate) use checkpoint::all as stored_checkpoints;
pub use checkpoint::{Checkpoint, CheckpointError, checkpoint};
pub(crate) use checkpoint_file::{Exported, from_files as exported_checkpoints};
pub(crate) use encoding::sha256;
pub use encoding::{Digest, Encoder};
pub use evidence::{EvidenceError, Growth, Header, Inclusion, growth, inclusion};
pub use journal::{JOURNAL_LOCK, Journal};
pub use key::{KeyError, SigningKey, VerifyingKey};
pub(crate) use sealer::seal_remembering;
pub use sealer::{SealError, Sealed, seal};
pub use standing::{MOST_COUNTED, Standing, standing};

use std::future::Future;

use database::Tx;
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use crate::turnover::Movement;

/// Describes a table whose rows are sealed.
pub trait Chained: Send + Sync {
    /// The chain's name in the table `seals`.
    const NAME: &'static str;
    /// The table; its column `position` orders the rows.
    const TABLE: &'static str;
    /// The advisory lock that its writers share on PostgreSQL while they draw positions.
    const POSITION_LOCK: i64;
    /// What the sealer remembers from one block to the next.
    type Memory: Default + Send + Sync;

    /// Reads up to `limit` rows behind `after` and up to `through`, in order of position.
    fn rows(
        tx: &Tx,
        after: i64,
        through: i64,
        limit: u64,
    ) -> impl Future<Output = Result<Vec<SealedRow>, DbErr>> + Send;

    /// Reads the same rows for a proof, with what in each contradicts its neighbors.
    fn checked_rows(
        tx: &Tx,
        after: i64,
        through: i64,
        limit: u64,
    ) -> impl Future<Output = Result<Vec<SealedRow>, DbErr>> + Send {
        Self::rows(tx, after, through, limit)
    }

    /// Does what belongs to the sealing of the rows of a block, at the end of its transaction.
    fn sealed(
        tx: &Tx,
        rows: &[SealedRow],
        memory: &Self::Memory,
    ) -> impl Future<Output = Result<(), DbErr>> + Send {
        let _ = (tx, rows, memory);
        std::future::ready(Ok(()))
    }
}

/// Holds what the chain needs to know of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// Its place in the chain.
    pub position: i64,
    /// What people call it: its id in text form.
    pub name: String,
    /// Its canonical bytes; none when a column cannot be read.
    pub canonical: Option<Vec<u8>>,
    /// What in the row contradicts its neighbors; only [`Chained::checked_rows`] looks.
    pub complaint: Option<&'static str>,
    /// How many entries belong to it.
    pub entries: u8,
    /// What it moved, if anything.
    pub movement: Option<Movement>,
}

impl SealedRow {
    /// Describes a row that has a column which cannot be read; `unnamed` is what it is called when that is its id.
    ///
    /// # Errors
    /// `DbErr` when not even its position can be read.
    pub fn unreadable(row: &QueryResult, name: fn(Uuid) -> String, unnamed: &str) -> Result<Self, DbErr> {
        Ok(Self {
            position: row.try_get("", "position")?,
            name: row.try_get("", "id").map_or_else(|_| unnamed.to_owned(), name),
            canonical: None,
            complaint: None,
            entries: 0,
            movement: None,
        })
    }

    /// Returns the SHA-256 of its canonical bytes.
    pub fn digest(&self) -> Option<Digest> {
        self.canonical.as_deref().map(sha256)
    }
}
