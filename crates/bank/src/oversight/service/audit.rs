//! The proof that nobody touched the audit log.

use ledger::verify::Progress;
use sea_orm::DbErr;
use serde_json::json;

use super::ledger::options;
use crate::audit::{self, AuditError, Event, Subject, Verified};
use crate::{Bank, Caller, Permission};

/// What a verification of the log is called in the log itself.
pub(super) const VERIFY: &str = "audit.verify";

/// Verifies the whole audit log, and writes into it what was found.
///
/// # Errors
/// Forbidden, storage. What is wrong in the log is not an error but stands in the answer.
pub async fn verify_audit(bank: &Bank, caller: &Caller) -> Result<Verified, AuditError> {
    caller.require(Permission::VerifyAudit)?;
    Ok(prove(bank, caller, &mut |_| {}).await?)
}

/// Verifies the whole audit log for somebody who may, and tells how far it is.
pub(super) async fn prove(
    bank: &Bank,
    caller: &Caller,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Verified, DbErr> {
    let verified = audit::verify(bank, &options(bank), progress).await?;
    let first = verified.faults.first().map(|fault| format!("{} at {}", fault.kind.as_str(), fault.row));
    let found = json!({ "passed": verified.passed(), "rows": verified.chain.rows, "first_fault": first });
    let event = Event { after: Some(found), ..Event::new(VERIFY, log()) };
    let tx = bank.db.begin().await?;
    audit::record(bank, &tx, caller, event).await?;
    tx.commit().await?;
    if let Some(first) = first {
        tracing::error!(first, "the audit log does not prove right");
    }
    Ok(verified)
}

/// Names the log as the subject of its own rows.
pub(super) fn log() -> Subject {
    Subject::new("audit", "log")
}
