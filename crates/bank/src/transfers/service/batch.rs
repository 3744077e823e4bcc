//! Making many payments with one commit.

use ledger::{NewTransfer, Receipt, Submission, Submitted};

use super::plan::{Planned, plan, posting};
use crate::transfers::model::{NewPayment, TransferError};
use crate::{Bank, Caller, Permission};

/// Judges the payments of a batch as far as that goes without moving money, each for itself.
///
/// A payment that persons would have to confirm or sign (a new payee, an amount above the threshold, an account
/// where all sign) is refused here: it is made by itself.
///
/// # Errors
/// [`TransferError::Forbidden`], then the database's; a refusal stands in the payment's place.
pub async fn prepare_batch(
    bank: &Bank,
    caller: &Caller,
    payments: &[NewPayment],
) -> Result<Vec<Result<NewTransfer, TransferError>>, TransferError> {
    caller.require(Permission::PayFromOwnAccounts)?;
    let planned = plan(bank, bank.db.latest(), caller, payments).await?;
    Ok(planned.into_iter().map(|planned| planned.and_then(refuse_persons)).collect())
}

/// Makes the payments in order, in one commit; each is made or refused for itself.
///
/// # Errors
/// [`TransferError::Submit`]; what the ledger refuses is in the answer.
pub async fn submit_batch(
    bank: &Bank,
    caller: &Caller,
    items: Vec<Vec<NewTransfer>>,
    receipt: Receipt,
) -> Result<Submitted, TransferError> {
    Ok(bank.ledger.submit(Submission { posting: posting(caller), items, receipt: Some(receipt) }).await?)
}

fn refuse_persons(planned: Planned) -> Result<NewTransfer, TransferError> {
    if planned.needs_persons() { Err(TransferError::NeedsPerson) } else { Ok(planned.transfer) }
}
