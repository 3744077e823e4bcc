//! Cash at the counter, and corrections.

use database::Tx;
use kernel::ApprovalId;
use ledger::{Action, Authority, NewTransfer, Posting, chart};
use serde_json::json;

use super::approved::metadata;
use super::find::show;
use crate::accounts::{self, Need};
use crate::approvals::{self, Command};
use crate::audit::{self, Event, Subject};
use crate::transfers::model::{CashOperation, Done, Payment, TransferError, reaches};
use crate::{Bank, Caller, Permission};

/// Names the command for the second person.
pub const COMMAND: &str = "transfers.operate_cash";

/// Books cash or a correction, or asks a second person when the amount is large.
///
/// # Errors
/// [`TransferError::Forbidden`], [`TransferError::Account`], then the ledger's.
pub async fn operate_cash(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    operation: CashOperation,
) -> Result<Done<Payment>, TransferError> {
    caller.require(Permission::OperateCash)?;
    accounts::service::find_for(tx, caller, operation.account_id, Need::View).await?;
    let threshold = bank.settings.approval_threshold_minor;
    if !reaches(operation.amount, threshold, bank.settings.base_currency) {
        return Ok(Done::Now(post_cash(bank, tx, caller, (&operation, None)).await?));
    }
    let command = Command {
        kind: COMMAND,
        payload: serde_json::to_value(&operation).unwrap_or_default(),
        summary: format!("{} of {}", operation.kind.words(), operation.amount),
        subject: Subject::new("account", operation.account_id),
        reason: operation.reason.clone(),
        decide_permission: Permission::DecideApprovals,
    };
    Ok(Done::Waiting(approvals::request(bank, tx, caller, command).await?.id))
}

/// Posts the operation; the caller has made sure that it may be.
pub(super) async fn post_cash(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    (operation, approval): (&CashOperation, Option<ApprovalId>),
) -> Result<Payment, TransferError> {
    let transfer = cash_transfer(bank, tx, operation, approval).await?;
    let posting =
        Posting { actor: caller.actor, authority: Authority::Staff, request_id: Some(caller.request_id) };
    let posted = bank.ledger.post(tx, &posting, &[transfer]).await?;
    let row = posted.into_iter().next().ok_or(TransferError::NotFound)?.transfer;
    let event = Event::new("cash.operate", Subject::new("account", operation.account_id))
        .because(operation.reason.as_str())
        .change(json!({}), json!({ "transfer": row.id, "kind": operation.kind, "amount": row.amount() }));
    audit::record(bank, tx, caller, event).await?;
    show(bank, tx, row).await
}

/// Says what the ledger is told; opens the bank's own account of the currency when it is the first of it.
pub(super) async fn cash_transfer(
    bank: &Bank,
    tx: &Tx,
    operation: &CashOperation,
    approval: Option<ApprovalId>,
) -> Result<NewTransfer, TransferError> {
    let currency = operation.amount.currency();
    let contra = chart::system_account(tx, operation.kind.contra(), currency, bank.now()).await?;
    let (debit, credit) = if operation.kind.is_credit() {
        (contra, operation.account_id)
    } else {
        (operation.account_id, contra)
    };
    let action = Action::Post { debit, credit, amount: operation.amount };
    Ok(NewTransfer {
        reference: operation.reference.clone(),
        effective_on: operation.effective_on,
        metadata: metadata(approval),
        ..NewTransfer::new(operation.id, action, operation.kind.code())
    })
}
