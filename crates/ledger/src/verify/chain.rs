//! Checking a chain: every row against the digest it was sealed with, every block against the one before.

use std::path::PathBuf;

use database::Tx;
use sea_orm::{ConnectionTrait, DbErr};

use super::checkpoints::{self, Checkpoints, Witnesses};
use super::{FaultKind, Faults, Progress, Stage};
use crate::seal::{self, Chained, Digest, GENESIS, Seal, SealedRow, VerifyingKey};

/// How many rows, and how many blocks, are read at once.
const ROWS: u64 = 1_000;
const BLOCKS: u64 = 50;

/// Says against what a chain is checked.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Where the checkpoints outside the database are; none trusts the database's own.
    pub checkpoint_directory: Option<PathBuf>,
    /// Whose checkpoints count; empty skips them, and the report says that none was checked.
    pub trusted_keys: Vec<VerifyingKey>,
}

/// Tells what was checked of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainReport {
    /// How many rows there are.
    pub rows: u64,
    /// How many entries belong to them.
    pub entries: u64,
    /// How many blocks there are.
    pub seals: u64,
    /// The last sealed position.
    pub sealed_through: i64,
    /// The hash of the newest block.
    pub seal_hash: Option<Digest>,
    /// How many rows are not sealed yet: nothing protects them.
    pub unsealed: u64,
    /// How many checkpoints of the database and of the files the chain agrees with.
    pub checkpoints: u64,
    /// How many of them come from files.
    pub exported_checkpoints: u64,
}

/// Checks one chain within a snapshot that was opened after the witnesses were read; faults are added to `faults`.
///
/// Memory is bounded by a page of rows and a page of blocks (checkpoints are read whole; there are few).
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn verify_chain<C: Chained>(
    tx: &Tx,
    witnesses: &Witnesses,
    faults: &mut Faults,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<ChainReport, DbErr> {
    if tx.get_database_backend() == sea_orm::DbBackend::Postgres {
        // A page is a short range of three indexes; a plan made while the tables were empty scans them whole.
        tx.execute_unprepared("set local enable_hashjoin = off; set local enable_mergejoin = off").await?;
    }
    let checkpoints = checkpoints::load::<C>(tx, witnesses, faults).await?;
    let total = super::count(tx, C::TABLE).await?;
    let mut walk = Walk::<C> {
        tx,
        faults,
        progress,
        total,
        checkpoints,
        report: ChainReport::default(),
        rows: Rows::default(),
    };
    let mut last: Option<Seal> = None;
    loop {
        let number = last.as_ref().map_or(0, |last| last.number);
        let blocks = seal::page(tx, C::NAME, number, BLOCKS).await?;
        let Some(newest) = blocks.last().cloned() else { break };
        for block in &blocks {
            walk.block(last.as_ref(), block).await?;
            last = Some(block.clone());
        }
        last = Some(newest);
    }
    walk.tail(last.as_ref()).await?;
    if tx.get_database_backend() == sea_orm::DbBackend::Postgres {
        tx.execute_unprepared("set local enable_hashjoin = on; set local enable_mergejoin = on").await?;
    }
    Ok(walk.report)
}

struct Walk<'a, C: Chained> {
    tx: &'a Tx,
    faults: &'a mut Faults,
    progress: &'a mut (dyn FnMut(Progress) + Send),
    total: u64,
    checkpoints: Checkpoints,
    report: ChainReport,
    rows: Rows<C>,
}

impl<C: Chained> Walk<'_, C> {
    async fn block(&mut self, last: Option<&Seal>, block: &Seal) -> Result<(), DbErr> {
        check_link(last, block, self.faults);
        self.report.seals += 1;
        self.report.sealed_through = block.through_position;
        self.report.seal_hash = block.hash.as_slice().try_into().ok();
        self.checkpoints.compare(block, self.faults, &mut self.report);
        let mut listed = block.rows().peekable();
        let through = block.through_position;
        while let Some(row) = self.rows.next(self.tx, through).await? {
            while let Some((position, _)) = listed.next_if(|(position, _)| *position < row.position) {
                missing::<C>(position, self.faults);
            }
            if let Some((_, digest)) = listed.next_if(|(position, _)| *position == row.position) {
                compare(&row, digest, self.faults);
            } else {
                let detail = "no row stood here when the place was sealed";
                self.faults.note_at(FaultKind::RowInserted, row.position, row.name.clone(), detail);
            }
            self.row(&row);
        }
        for (position, _) in listed {
            missing::<C>(position, self.faults);
        }
        Ok(())
    }

    async fn tail(&mut self, last: Option<&Seal>) -> Result<(), DbErr> {
        while let Some(row) = self.rows.next(self.tx, i64::MAX).await? {
            if row.canonical.is_none() {
                self.faults.note_at(FaultKind::Unreadable, row.position, row.name.clone(), "cannot be read");
            }
            self.report.unsealed += 1;
            self.row(&row);
        }
        let highest = self.rows.after;
        self.checkpoints.finish(last, highest, self.faults);
        Ok(())
    }

    fn row(&mut self, row: &SealedRow) {
        if let Some(complaint) = row.complaint {
            self.faults.note_at(FaultKind::TransferDisagrees, row.position, row.name.clone(), complaint);
        }
        self.report.rows += 1;
        self.report.entries += u64::from(row.entries);
        if self.report.rows.is_multiple_of(ROWS) || self.report.rows == self.total {
            (self.progress)(Progress { stage: Stage::Chain, done: self.report.rows, total: self.total });
        }
    }
}

fn compare(row: &SealedRow, sealed: &[u8], faults: &mut Faults) {
    match row.digest() {
        Some(digest) if digest == sealed => {}
        Some(_) => {
            let detail = "its content is not what was sealed";
            faults.note_at(FaultKind::RowChanged, row.position, row.name.clone(), detail);
        }
        None => {
            let detail = "a column holds what cannot be read";
            faults.note_at(FaultKind::RowChanged, row.position, row.name.clone(), detail);
        }
    }
}

fn missing<C: Chained>(position: i64, faults: &mut Faults) {
    let row = format!("{} {position}", C::NAME);
    faults.note_at(FaultKind::RowMissing, position, row, "a sealed row is gone");
}

/// Checks that a block follows the one before and has the hash it says.
fn check_link(last: Option<&Seal>, block: &Seal, faults: &mut Faults) {
    let row = format!("{} block {}", block.chain, block.number);
    let mut note = |kind, detail: String| faults.note_at(kind, block.from_position, row.clone(), detail);
    let number = last.map_or(1, |last| last.number + 1);
    let from = last.map_or(1, |last| last.through_position + 1);
    let previous = last.map_or(GENESIS.as_slice(), |last| &last.hash);
    if block.number != number {
        note(FaultKind::SealUnlinked, format!("block {number} is missing before it"));
    } else if block.from_position != from {
        note(FaultKind::SealUnlinked, format!("begins at {}, not at {from}", block.from_position));
    } else if block.previous_hash != previous {
        note(FaultKind::SealUnlinked, "names another block as the one before".to_owned());
    }
    if !block.is_well_formed() {
        note(FaultKind::SealBroken, "its list of rows has another length than its count".to_owned());
    } else if block.computed_hash().as_slice() != block.hash {
        note(FaultKind::SealBroken, "its content does not give its hash".to_owned());
    }
}

/// Reads rows in order, a page at a time, across the borders of blocks.
struct Rows<C> {
    after: i64,
    page: std::vec::IntoIter<SealedRow>,
    ended: bool,
    chain: std::marker::PhantomData<C>,
}

impl<C> Default for Rows<C> {
    fn default() -> Self {
        Self { after: i64::MIN, page: Vec::new().into_iter(), ended: false, chain: std::marker::PhantomData }
    }
}

impl<C: Chained> Rows<C> {
    /// Returns the next row up to `through`, and remembers how far it came.
    async fn next(&mut self, tx: &Tx, through: i64) -> Result<Option<SealedRow>, DbErr> {
        if self.page.as_slice().is_empty() && !self.ended {
            self.page = C::checked_rows(tx, self.after, i64::MAX, ROWS).await?.into_iter();
            self.ended = self.page.as_slice().is_empty();
        }
        if self.page.as_slice().first().is_none_or(|row| row.position > through) {
            return Ok(None);
        }
        let row = self.page.next();
        if let Some(row) = &row {
            self.after = row.position;
        }
        Ok(row)
    }
}
