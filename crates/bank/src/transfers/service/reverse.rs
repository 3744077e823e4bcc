//! Taking a transfer back, by staff.

use database::Tx;
use kernel::{ApprovalId, TransferId};
use ledger::{Authority, Posting, Refusal, Transfer, TransferKind};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::approved::metadata;
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
    if !reversal.force && !needs_second_person(bank, &group) {
        return Ok(Done::Now(post_reversal(bank, tx, caller, (&reversal, None)).await?));
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

/// Says whether a group is so large that another person approves its reversal.
pub(super) fn needs_second_person(bank: &Bank, group: &[Transfer]) -> bool {
    let (threshold, base) = (bank.settings.approval_threshold_minor, bank.settings.base_currency);
    group.iter().any(|member| reaches(member.amount(), threshold, base))
}

/// Says by which rules a reversal is judged.
pub(super) const fn authority_of(force: bool) -> Authority {
    if force { Authority::StaffForced } else { Authority::Staff }
}

/// Says whether a transfer could be reversed at all, whatever the balances: it moved money and did not move back yet.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn is_reversible(bank: &Bank, id: TransferId) -> Result<bool, DbErr> {
    let connection = bank.db.read();
    let Some(original) = ledger::linked::find(connection, id).await? else { return Ok(false) };
    match refuse_irreversible(connection, &original).await {
        Ok(()) => Ok(true),
        Err(TransferError::Storage(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

/// Refuses what can never be reversed before a second person is asked; the order is the ledger's.
async fn refuse_irreversible(tx: &impl ConnectionTrait, original: &Transfer) -> Result<(), TransferError> {
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
    (reversal, approval): (&Reversal, Option<ApprovalId>),
) -> Result<Payment, TransferError> {
    let authority = authority_of(reversal.force);
    let posting = Posting { actor: caller.actor, authority, request_id: Some(caller.request_id) };
    let group = ledger::linked::group(tx, reversal.transfer_id).await?;
    let mut transfers = ledger::linked::reversals(reversal.id, &group, "reversal");
    for transfer in &mut transfers {
        transfer.metadata = metadata(approval);
    }
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
