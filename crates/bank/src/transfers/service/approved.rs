//! What a second person approved, carried out in the transaction of the approval.

use database::Tx;
use kernel::{ApprovalId, TransferId};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::cash::post_cash;
use super::reverse::post_reversal;
use crate::approvals::Approval;
use crate::transfers::model::{CashOperation, Reversal, TransferError};
use crate::{Bank, Caller};

/// Books a cash operation that was approved.
///
/// # Errors
/// What the ledger refuses now, whatever it would have said when the operation was asked for.
pub async fn execute_cash(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    approval: &Approval,
) -> Result<TransferId, TransferError> {
    let operation: CashOperation = read(&approval.payload)?;
    Ok(post_cash(bank, tx, caller, (&operation, Some(approval.id))).await?.transfer.id)
}

/// Reverses a transfer after approval.
///
/// # Errors
/// What the ledger refuses now, whatever it would have said when the reversal was asked for.
pub async fn execute_reversal(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    approval: &Approval,
) -> Result<TransferId, TransferError> {
    let reversal: Reversal = read(&approval.payload)?;
    Ok(post_reversal(bank, tx, caller, (&reversal, Some(approval.id))).await?.transfer.id)
}

/// Reads what was written when the command was asked for; its digest has been checked.
pub(super) fn read<T: DeserializeOwned>(payload: &Value) -> Result<T, TransferError> {
    T::deserialize(payload).map_err(|error| sea_orm::DbErr::Json(error.to_string()).into())
}

/// Writes into the journal which approval is behind a transfer.
pub(super) fn metadata(approval: Option<ApprovalId>) -> Option<String> {
    approval.map(|id| json!({ "approval_id": id }).to_string())
}
