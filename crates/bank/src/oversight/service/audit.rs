//! The proof that nobody touched the audit log.

use serde_json::json;

use super::ledger::options;
use crate::audit::{self, AuditError, Event, Subject, Verified};
use crate::{Bank, Caller, Permission};

/// Verifies the whole audit log, and writes into it what was found.
///
/// # Errors
/// Forbidden, storage. What is wrong in the log is not an error but stands in the answer.
pub async fn verify_audit(bank: &Bank, caller: &Caller) -> Result<Verified, AuditError> {
    caller.require(Permission::VerifyAudit)?;
    let verified = audit::verify(bank, &options(bank), &mut |_| {}).await?;
    let first = verified.faults.first().map(|fault| format!("{} at {}", fault.kind.as_str(), fault.row));
    let found = json!({ "passed": verified.passed(), "rows": verified.chain.rows, "first_fault": first });
    let event = Event { after: Some(found), ..Event::new("audit.verify", Subject::new("audit", "log")) };
    let tx = bank.db.begin().await?;
    audit::record(bank, &tx, caller, event).await?;
    tx.commit().await?;
    if let Some(first) = first {
        tracing::error!(first, "the audit log does not prove right");
    }
    Ok(verified)
}
