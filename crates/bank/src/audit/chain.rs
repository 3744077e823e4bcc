//! The audit log as a chain: sealed, signed and verified like the journal.

use std::path::Path;

use database::Tx;
use kernel::AuditId;
use ledger::seal::{Chained, Checkpoint, CheckpointError, Encoder, SealError, Sealed, SealedRow, SigningKey};
use ledger::verify::{ChainReport, Fault, Faults, Progress, VerifyOptions, verify_chain};
use sea_orm::{DbErr, FromQueryResult, QueryResult};

use super::store::{self, RawRow};
use crate::Bank;

/// Names the chain over `audit_events`. A row's digest covers every column in the order of the table.
#[derive(Clone, Copy, Debug)]
pub struct AuditLog;

impl Chained for AuditLog {
    const NAME: &'static str = "audit";
    const TABLE: &'static str = "audit_events";
    const POSITION_LOCK: i64 = store::POSITION_LOCK;
    type Memory = ();

    async fn rows(tx: &Tx, after: i64, through: i64, limit: u64) -> Result<Vec<SealedRow>, DbErr> {
        store::raw_rows(tx, (after, through), limit).await?.iter().map(sealed).collect()
    }
}

/// Holds what a verification of the audit log found.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Rows, seals, checkpoints, and how many rows are not sealed.
    pub chain: ChainReport,
    /// The first fault of each sort; empty when nothing was touched.
    pub faults: Vec<Fault>,
}

impl Verified {
    /// Says whether nothing was touched.
    pub fn passed(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Seals the rows written since the last time.
///
/// # Errors
/// See [`ledger::seal::seal`].
pub async fn seal(bank: &Bank) -> Result<Sealed, SealError> {
    ledger::seal::seal::<AuditLog>(&bank.db, bank.now()).await
}

/// Signs how far the log is sealed, in the database and in `directory`; none when there is nothing new.
///
/// # Errors
/// See [`ledger::seal::checkpoint()`].
pub async fn checkpoint(
    bank: &Bank,
    key: &SigningKey,
    directory: Option<&Path>,
) -> Result<Option<Checkpoint>, CheckpointError> {
    ledger::seal::checkpoint::<AuditLog>(&bank.db, key, directory, bank.now()).await
}

/// Verifies the whole log as it is at this moment, and calls `progress` now and then.
///
/// # Errors
/// `DbErr` when the database fails or the checkpoint file cannot be opened.
pub async fn verify(
    bank: &Bank,
    options: &VerifyOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Verified, DbErr> {
    let witnesses = options.witnesses::<AuditLog>().await?;
    let snapshot = bank.db.snapshot().await?;
    let mut faults = Faults::default();
    let chain = verify_chain::<AuditLog>(&snapshot, &witnesses, &mut faults, progress).await?;
    snapshot.commit().await?;
    Ok(Verified { chain, faults: faults.into_vec() })
}

fn sealed(row: &QueryResult) -> Result<SealedRow, DbErr> {
    let name = |id| AuditId::from_uuid(id).to_string();
    let Ok(row) = RawRow::from_query_result(row, "") else {
        return SealedRow::unreadable(row, name, "an audit row");
    };
    let (position, name, canonical) = (row.position, name(row.id), Some(canonical(&row)));
    Ok(SealedRow { position, name, canonical, complaint: None, entries: 0, movement: None })
}

fn canonical(row: &RawRow) -> Vec<u8> {
    Encoder::new("florin/audit/1")
        .integer(row.position)
        .uuid(row.id)
        .instant(row.at)
        .text(&row.actor_kind)
        .optional(row.actor_id, Encoder::uuid)
        .text(&row.action)
        .text(&row.subject_kind)
        .text(&row.subject_id)
        .optional(row.reason.as_deref(), Encoder::text)
        .optional(row.before_values.as_ref(), Encoder::json)
        .optional(row.after_values.as_ref(), Encoder::json)
        .uuid(row.request_id)
        .into_bytes()
}
