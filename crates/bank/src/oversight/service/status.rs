//! How the books, the log and the database stand at this moment.

use database::Engine;
use kernel::PageRequest;
use ledger::seal::{Journal, standing};
use ledger::verify;

use super::{audit as log, proofs};
use crate::audit::{self, AuditLog};
use crate::oversight::{AuditStatus, DatabaseStatus, JobRefusal, LedgerRefusal, LedgerStatus, Proved};
use crate::{Bank, Caller, Permission};

/// Returns the last proof of the ledger, the one that runs, and how far the journal is sealed.
///
/// # Errors
/// Forbidden, storage.
pub async fn ledger_status(bank: &Bank, caller: &Caller) -> Result<LedgerStatus, LedgerRefusal> {
    caller.require(Permission::ReadLedger)?;
    let running = proofs::find_running(bank, caller, Proved::Ledger).await?;
    // Read after the job: a proof that ended in between is found at least once.
    let db = bank.db.latest();
    let last = verify::proofs(db, &PageRequest { limit: 1, after: None }).await?.items.into_iter().next();
    let business_on = bank.ledger.business_date(db).await?;
    Ok(LedgerStatus { business_on, last, running, journal: standing::<Journal>(db).await? })
}

/// Returns the last verification of the audit log, the one that runs, and how far the log is sealed.
///
/// # Errors
/// Forbidden, storage.
pub async fn audit_status(bank: &Bank, caller: &Caller) -> Result<AuditStatus, LedgerRefusal> {
    caller.require(Permission::ReadAudit)?;
    let running = proofs::find_running(bank, caller, Proved::AuditLog).await?;
    let db = bank.db.latest();
    let last = audit::last(db, log::VERIFY, &log::log()).await?;
    Ok(AuditStatus { last, running, log: standing::<AuditLog>(db).await? })
}

/// Returns which engine holds the bank, and how large it is.
///
/// # Errors
/// Forbidden, storage.
pub async fn database_status(bank: &Bank, caller: &Caller) -> Result<DatabaseStatus, JobRefusal> {
    caller.require(Permission::ReadJobs)?;
    let engine = match bank.db.engine() {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    Ok(DatabaseStatus { engine, size_bytes: bank.db.size_bytes().await? })
}
