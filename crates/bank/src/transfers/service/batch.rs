//! Making many payments with one commit.

use ledger::{Receipt, Submission, Submitted};

use super::create::submit_judged;
use super::plan::{Planned, plan, posting};
use super::wallet::{plan_from, wallet};
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
) -> Result<Vec<Result<Planned, TransferError>>, TransferError> {
    caller.require(Permission::PayFromOwnAccounts)?;
    let wallet = wallet(bank, caller).await?;
    let quick: Vec<Option<Planned>> = match &wallet {
        Some(wallet) => payments.iter().map(|payment| plan_from(bank, wallet, payment)).collect(),
        None => payments.iter().map(|_| None).collect(),
    };
    let others = payments.iter().zip(&quick).filter(|(_, quick)| quick.is_none());
    let others: Vec<NewPayment> = others.map(|(payment, _)| payment.clone()).collect();
    let mut others = if others.is_empty() {
        Vec::new().into_iter()
    } else {
        plan(bank, bank.db.latest(), caller, &others).await?.into_iter()
    };
    let planned = quick.into_iter().map(|quick| match quick {
        Some(planned) => Ok(planned),
        None => others.next().unwrap_or(Err(TransferError::NotFound)).and_then(refuse_persons),
    });
    Ok(planned.collect())
}

/// Makes the payments in order, in one commit; each is made or refused for itself.
///
/// # Errors
/// [`TransferError::Submit`]; what the ledger refuses is in the answer.
pub async fn submit_batch(
    bank: &Bank,
    caller: &Caller,
    planned: Vec<Planned>,
    receipt: Receipt,
) -> Result<Submitted, TransferError> {
    let seen = planned.iter().flat_map(|planned| planned.seen.iter().copied()).collect();
    let items = planned.into_iter().map(|planned| vec![planned.transfer]).collect();
    let submission = Submission { receipt: Some(receipt), seen, ..Submission::new(posting(caller), items) };
    submit_judged(bank, caller, submission).await
}

fn refuse_persons(planned: Planned) -> Result<Planned, TransferError> {
    if planned.needs_persons() { Err(TransferError::NeedsPerson) } else { Ok(planned) }
}
