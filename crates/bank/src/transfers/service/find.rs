//! Showing one payment.

use kernel::{AccountId, TransferId};
use ledger::{Transfer, TransferKind};
use sea_orm::ConnectionTrait;

use crate::accounts::{self, AccountError, Need};
use crate::transfers::model::{Payment, TransferError, TransferStatus};
use crate::{Bank, Caller};

/// Finds a payment that the caller may see from either side.
///
/// # Errors
/// [`TransferError::Forbidden`], [`TransferError::NotFound`] when it is absent or touches none of the caller's
/// accounts.
pub async fn find(bank: &Bank, caller: &Caller, id: TransferId) -> Result<Payment, TransferError> {
    accounts::service::require_transactions(caller)?;
    let connection = bank.db.latest();
    let transfer = ledger::linked::find(connection, id).await?.ok_or(TransferError::NotFound)?;
    require_sight(connection, caller, &transfer).await?;
    show(bank, connection, transfer).await
}

/// Adds to the journal's row where the payment stands now.
pub(super) async fn show(
    bank: &Bank,
    connection: &impl ConnectionTrait,
    transfer: Transfer,
) -> Result<Payment, TransferError> {
    let hold = match transfer.kind {
        TransferKind::Pending => ledger::journal::hold(connection, transfer.id).await?,
        _ => None,
    };
    let reversed = ledger::journal::is_reversed(connection, transfer.id).await?;
    let state = hold.as_ref().map(|hold| hold.state_at(bank.now()));
    let captured = hold.filter(|hold| hold.captured_minor > 0).map(|hold| hold.captured());
    let status = TransferStatus::of(transfer.kind, state, reversed);
    Ok(Payment { status, transfer, captured, signatures_missing: None })
}

async fn require_sight(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    transfer: &Transfer,
) -> Result<(), TransferError> {
    for account in [transfer.debit_account_id, transfer.credit_account_id] {
        if sees(connection, caller, account).await? {
            return Ok(());
        }
    }
    Err(TransferError::NotFound)
}

async fn sees(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    id: AccountId,
) -> Result<bool, TransferError> {
    match accounts::service::find_for(connection, caller, id, Need::View).await {
        Ok(_) => Ok(true),
        Err(AccountError::Storage(error)) => Err(error.into()),
        Err(_) => Ok(false),
    }
}
