//! Making one payment.

use database::Tx;
use kernel::UserId;
use ledger::{Receipt, Submission, SubmitError, Submitted};

use super::payees;
use super::plan::{Planned, plan, posting};
use super::wallet::{plan_from, wallet};
use crate::challenges::{self, Subject};
use crate::transfers::model::{NewPayment, Payee, Payment, TransferError, TransferSignature};
use crate::transfers::store;
use crate::{Bank, Caller, Permission};

/// Judges a payment as far as that goes without moving money: account, payee, what has to be confirmed.
///
/// # Errors
/// [`TransferError::Forbidden`]; then what the payer's account, the payee and the hold's length have to say.
pub async fn prepare(bank: &Bank, caller: &Caller, payment: &NewPayment) -> Result<Planned, TransferError> {
    caller.require(Permission::PayFromOwnAccounts)?;
    if let Some(wallet) = wallet(bank, caller).await?
        && let Some(planned) = plan_from(bank, &wallet, payment)
    {
        return Ok(planned);
    }
    let mut planned = plan(bank, bank.db.latest(), caller, std::slice::from_ref(payment)).await?;
    planned.pop().ok_or(TransferError::NotFound)?
}

/// Makes a payment that nobody has to confirm, with others that come at the same time.
///
/// # Errors
/// [`TransferError::Submit`], [`SubmitError::AccessChanged`] among them: prepare it again; what the ledger refuses is in
/// the answer.
pub async fn submit(
    bank: &Bank,
    caller: &Caller,
    planned: Planned,
    receipt: Receipt,
) -> Result<Submitted, TransferError> {
    let submission = Submission::new(posting(caller), vec![vec![planned.transfer]]);
    submit_judged(bank, caller, Submission { receipt: Some(receipt), seen: planned.seen, ..submission }).await
}

/// Submits, and forgets what was remembered of the caller when that no longer stands.
pub(super) async fn submit_judged(
    bank: &Bank,
    caller: &Caller,
    submission: Submission,
) -> Result<Submitted, TransferError> {
    let submitted = bank.ledger.submit(submission).await;
    if let (Err(SubmitError::AccessChanged), Some(user)) = (&submitted, caller.user_id) {
        bank.guard.wallets().forget(user).await;
    }
    Ok(submitted?)
}

/// Makes a payment to a new payee, above the threshold, or from an account where all sign.
///
/// The payee is remembered and the payer's signature kept in the same transaction.
///
/// # Errors
/// [`TransferError::NeedsPerson`] for a machine, the look-up's, [`TransferError::Challenge`], the ledger's.
pub async fn create_confirmed(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    (payment, planned): (&NewPayment, &Planned),
) -> Result<Payment, TransferError> {
    let user_id = caller.user_id.filter(|_| caller.session_id.is_some()).ok_or(TransferError::NeedsPerson)?;
    confirm(bank, tx, caller, user_id, (payment, planned)).await?;
    let transfers = std::slice::from_ref(&planned.transfer);
    let posted = bank.ledger.post(tx, &posting(caller), transfers).await?;
    let now = bank.now();
    if planned.is_new_payee {
        let payee = Payee { user_id, account_id: planned.payee, confirmed_at: now };
        store::insert_payee_unless_known(tx, payee).await?;
        bank.guard.wallets().forget(user_id).await;
    }
    if planned.all_sign {
        let signature = TransferSignature { transfer_id: planned.transfer.id, user_id, signed_at: now };
        store::insert_signature(tx, signature).await?;
    }
    let row = posted.into_iter().next().ok_or(TransferError::NotFound)?.transfer;
    Ok(Payment { signatures_missing: planned.signatures_missing(user_id), ..Payment::fresh(row) })
}

async fn confirm(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    user_id: UserId,
    (payment, planned): (&NewPayment, &Planned),
) -> Result<(), TransferError> {
    if planned.is_new_payee {
        payees::check_lookup(bank, tx, user_id, payment.payee_lookup, planned.payee).await?;
    }
    if planned.needs_confirmation() {
        let number = planned.payee_number.as_ref().ok_or(TransferError::PayeeNotFound)?;
        let subject = Subject::payment(payment.amount, number);
        challenges::service::require(bank, tx, caller, subject, payment.challenge).await?;
    }
    Ok(())
}
