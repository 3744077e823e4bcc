//! Showing one payment.

use kernel::TransferId;
use ledger::{Transfer, TransferKind};
use sea_orm::{ConnectionTrait, DbErr};

use crate::accounts::service::{self as accounts, AccountAccess, find_visible};
use crate::audit::{self, Event, Subject};
use crate::transfers::model::{Payment, TransferError, TransferStatus, missing};
use crate::transfers::store;
use crate::{Bank, Caller};

/// Finds a payment that the caller may see from either side. A look by staff leaves an audit row.
///
/// # Errors
/// [`TransferError::Forbidden`], [`TransferError::NotFound`] when it is absent or touches none of the caller's
/// accounts.
pub async fn find(bank: &Bank, caller: &Caller, id: TransferId) -> Result<Payment, TransferError> {
    accounts::require_transactions(caller)?;
    let connection = bank.db.latest();
    let transfer = ledger::linked::find(connection, id).await?.ok_or(TransferError::NotFound)?;
    let payer = find_visible(connection, caller, transfer.debit_account_id).await?;
    if payer.is_none() && find_visible(connection, caller, transfer.credit_account_id).await?.is_none() {
        return Err(TransferError::NotFound);
    }
    let mut payment = show(bank, connection, transfer).await?;
    if let Some(payer) = payer.filter(|_| payment.status == TransferStatus::Held) {
        payment.signatures_missing = signatures_missing(connection, &payer, id).await?;
    }
    audit::record_read(bank, caller, Event::new("transfer.view", Subject::new("transfer", id))).await?;
    Ok(payment)
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
    let reversed = ledger::journal::reversal_of(connection, transfer.id).await?.is_some();
    let state = hold.as_ref().map(|hold| hold.state_at(bank.now()));
    let captured = hold.filter(|hold| hold.captured_minor > 0).map(|hold| hold.captured());
    let status = TransferStatus::of(transfer.kind, state, reversed);
    Ok(Payment { status, transfer, captured, signatures_missing: None })
}

/// Counts the holders who have yet to sign; none where one signature suffices.
async fn signatures_missing(
    connection: &impl ConnectionTrait,
    payer: &AccountAccess,
    hold: TransferId,
) -> Result<Option<usize>, DbErr> {
    let signers = &payer.authority.signers;
    if signers.is_empty() {
        return Ok(None);
    }
    let signed = store::signed_by(connection, hold).await?;
    Ok(Some(missing(signers, &signed)))
}
