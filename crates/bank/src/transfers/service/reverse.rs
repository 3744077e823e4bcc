//! Taking a transfer back, by staff.

use database::Tx;
use ledger::{Authority, Posting, Refusal, Transfer, TransferKind};
use serde_json::json;

use super::find::show;
use crate::approvals::{self, Command};
use crate::audit::{self, Event, Subject};
use crate::transfers::model::{Done, Payment, Reversal, TransferError, reaches};
use crate::{Bank, Caller, Permission};

/// Names the command for the second person.
pub const COMMAND: &str = "transfers.reverse";

/// Reverses a transfer with everything it was linked to, or asks a second person when it is large or forced.
///
/// # Errors
/// [`TransferError::Forbidden`], [`TransferError::NotFound`], then the ledger's.
pub async fn reverse(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    reversal: Reversal,
) -> Result<Done<Payment>, TransferError> {
    caller.require(Permission::ReverseTransfers)?;
    let original = ledger::linked::find(tx, reversal.transfer_id).await?.ok_or(TransferError::NotFound)?;
    refuse_irreversible(tx, &original).await?;
    let group = ledger::linked::group(tx, reversal.transfer_id).await?;
    let (threshold, base) = (bank.settings.approval_threshold_minor, bank.settings.base_currency);
    if !reversal.force && !group.iter().any(|member| reaches(member.amount(), threshold, base)) {
        return Ok(Done::Now(post_reversal(bank, tx, caller, &reversal).await?));
    }
    let command = Command {
        kind: COMMAND,
        payload: serde_json::to_value(&reversal).unwrap_or_default(),
        summary: format!("Reverse {} of {}", reversal.transfer_id, original.amount()),
        subject: Subject::new("transfer", reversal.transfer_id),
        reason: reversal.reason.clone(),
        decide_permission: Permission::DecideApprovals,
    };
    Ok(Done::Waiting(approvals::request(bank, tx, caller, command).await?.id))
}

/// Refuses what can never be reversed before a second person is asked; the order is the ledger's.
async fn refuse_irreversible(tx: &Tx, original: &Transfer) -> Result<(), TransferError> {
    let id = original.id;
    match original.kind {
        TransferKind::Pending | TransferKind::Release => return Err(Refusal::NothingToReverse { id }.into()),
        TransferKind::Reversal => return Err(Refusal::IsReversal { id }.into()),
        TransferKind::Posted | TransferKind::Capture => {}
    }
    match ledger::journal::reversal_of(tx, id).await? {
        Some(by) => Err(Refusal::AlreadyReversed { id, by: by.id }.into()),
        None => Ok(()),
    }
}

/// Posts the reversal of a transfer and of all that it is linked to; the caller has made sure that it may be.
pub(super) async fn post_reversal(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    reversal: &Reversal,
) -> Result<Payment, TransferError> {
    let authority = if reversal.force { Authority::StaffForced } else { Authority::Staff };
    let posting = Posting { actor: caller.actor, authority, request_id: Some(caller.request_id) };
    let group = ledger::linked::group(tx, reversal.transfer_id).await?;
    let transfers = ledger::linked::reversals(reversal.id, &group, "reversal");
    let posted = bank.ledger.post(tx, &posting, &transfers).await?;
    let row = posted.into_iter().map(|one| one.transfer);
    let row = row.into_iter().find(|row| row.of_transfer_id == Some(reversal.transfer_id));
    let row = row.ok_or(TransferError::NotFound)?;
    let event = Event::new("transfer.reverse", Subject::new("transfer", reversal.transfer_id))
        .because(reversal.reason.as_str())
        .change(json!({}), json!({ "reversal": row.id, "amount": row.amount(), "forced": reversal.force }));
    audit::record(bank, tx, caller, event).await?;
    show(bank, tx, row).await
}
