//! The proof: recomputes the ledger from its entries and holds it against seals and checkpoints.
//!
//! [`verify`] reads one snapshot, so it may run while money moves. It makes three passes, each in bounded memory:
//! accounts beside their entries (every balance, every sequence, Σ debits = Σ credits per currency in 128 bits);
//! the journal in order of position (each transfer has exactly its two entries; every row against its seal, every
//! seal against the one before and against the checkpoints); and the references (holds, captures, reversals,
//! pending totals, turnovers, counts of accounts). [`verify_chain`] does the middle pass for any sealed table: the audit log uses it alone.
//!
//! It cannot protect rows that are not sealed yet; the report counts them. Only checkpoints kept outside the
//! database show a cut tail, a rewritten chain or an old copy.

mod balances;
mod chain;
mod checkpoints;
mod fault;
mod proof;
mod references;

pub use chain::{ChainReport, VerifyOptions, verify_chain};
pub use checkpoints::Witnesses;
pub use fault::{Fault, FaultKind, Faults};
pub use proof::{Proof, find as find_proof, proofs, record};

use std::collections::BTreeMap;

use database::{Database, Tx};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

use crate::seal::Journal;
use crate::{counts, turnover};

/// Holds what a verification of the ledger found.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many accounts there are.
    pub accounts: u64,
    /// How many entries there are.
    pub entries: u64,
    /// How many holds there are or were.
    pub holds: u64,
    /// Per currency code the sums of all debits and of all credits, in minor units.
    pub totals: BTreeMap<String, (i128, i128)>,
    /// The journal as a chain: transfers, seals, checkpoints, and how many rows are not sealed.
    pub chain: ChainReport,
    /// The first fault of each sort; empty when the ledger is right.
    pub faults: Vec<Fault>,
}

impl Stage {
    /// Returns the name, as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Balances => "balances",
            Self::Chain => "chain",
            Self::References => "references",
        }
    }
}

impl Report {
    /// Says whether nothing is wrong.
    pub fn passed(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Tells how far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which pass runs.
    pub stage: Stage,
    /// How many rows it has read.
    pub done: u64,
    /// How many there are.
    pub total: u64,
}

/// Names a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Accounts and entries.
    Balances,
    /// Rows, seals and checkpoints.
    Chain,
    /// Holds, captures, reversals.
    References,
}

/// Verifies the whole ledger as it is at this moment, and calls `progress` now and then.
///
/// # Errors
/// `DbErr` when the database fails or a checkpoint file cannot be opened. What is wrong in the ledger is not an
/// error but stands in the report.
pub async fn verify(
    db: &Database,
    options: &VerifyOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Report, DbErr> {
    let witnesses = options.witnesses::<Journal>().await?;
    let tx = db.snapshot().await?;
    let mut faults = Faults::default();
    let counted = balances::verify(&tx, &mut faults, progress).await?;
    let chain = verify_chain::<Journal>(&tx, &witnesses, &mut faults, progress).await?;
    if counted.entries != chain.entries {
        references::stray_entry(&tx, &mut faults).await?;
    }
    let holds = count(&tx, "ledger_holds").await?;
    progress(Progress { stage: Stage::References, done: 0, total: holds });
    references::verify(&tx, &mut faults).await?;
    turnover::verify(&tx, &mut faults).await?;
    counts::verify(&tx, &mut faults).await?;
    progress(Progress { stage: Stage::References, done: holds, total: holds });
    tx.commit().await?;
    Ok(Report {
        accounts: counted.accounts,
        entries: counted.entries,
        holds,
        totals: counted.totals,
        chain,
        faults: faults.into_vec(),
    })
}

/// Counts the rows of a table.
async fn count(tx: &Tx, table: &str) -> Result<u64, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        rows: i64,
    }
    let sql = format!("select count(*) as rows from {table}");
    let counted = Count::find_by_statement(Statement::from_string(tx.get_database_backend(), sql));
    Ok(counted.one(tx).await?.map_or(0, |count| u64::try_from(count.rows).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_stored_under_its_name() {
        let names = [Stage::Balances, Stage::Chain, Stage::References].map(Stage::as_str);
        assert_eq!(names, ["balances", "chain", "references"]);
    }
}
