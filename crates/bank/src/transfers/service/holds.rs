//! Capturing and releasing what was reserved.

use database::Tx;
use kernel::{Money, TransferId, UserId};
use ledger::{Action, HoldState, NewTransfer, Refusal, Transfer, TransferKind};

use super::find::show;
use super::plan::posting;
use crate::accounts::service::AccountAccess;
use crate::accounts::{self, AccountError, Need};
use crate::transfers::model::{Payment, TransferError, TransferSignature, missing};
use crate::transfers::store;
use crate::{Bank, Caller, Permission};

/// Moves what a hold reserved, or part of it; the rest is released. Returns the capture.
///
/// Where all holders sign, each of them captures: the signature is kept, and the last one moves the money. Until
/// then the hold itself is returned, with the number of signatures that are missing.
///
/// # Errors
/// [`TransferError::Forbidden`], [`TransferError::NotFound`], [`TransferError::NotAHold`], then the ledger's.
pub async fn capture(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    hold: TransferId,
    amount: Option<Money>,
) -> Result<Payment, TransferError> {
    let (placed, access) = load_hold(tx, caller, hold).await?;
    let missing = sign(bank, tx, caller, hold, &access.authority.signers).await?;
    if missing > 0 {
        require_pending(bank, tx, hold).await?;
        let held = show(bank, tx, placed).await?;
        return Ok(Payment { signatures_missing: Some(missing), ..held });
    }
    resolve(bank, tx, caller, placed, Action::Capture { hold, amount }).await
}

/// Gives a hold back. Returns the release.
///
/// # Errors
/// [`TransferError::Forbidden`], [`TransferError::NotFound`], [`TransferError::NotAHold`], then the ledger's.
pub async fn release(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    hold: TransferId,
) -> Result<Payment, TransferError> {
    let (placed, _) = load_hold(tx, caller, hold).await?;
    resolve(bank, tx, caller, placed, Action::Release { hold }).await
}

async fn resolve(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    placed: Transfer,
    action: Action,
) -> Result<Payment, TransferError> {
    let id = TransferId::generate(bank.now(), &bank.random);
    let mut transfer = NewTransfer::new(id, action, placed.code);
    transfer.reference = placed.reference;
    let posted = bank.ledger.post(tx, &posting(caller), &[transfer]).await?;
    let row = posted.into_iter().next().ok_or(TransferError::NotFound)?.transfer;
    show(bank, tx, row).await
}

/// Finds a hold on an account that the caller may pay from.
async fn load_hold(
    tx: &Tx,
    caller: &Caller,
    id: TransferId,
) -> Result<(Transfer, AccountAccess), TransferError> {
    caller.require(Permission::PayFromOwnAccounts)?;
    let placed = ledger::linked::find(tx, id).await?.ok_or(TransferError::NotFound)?;
    let access = match accounts::service::find_for(tx, caller, placed.debit_account_id, Need::Pay).await {
        Err(AccountError::NotFound) => return Err(TransferError::NotFound),
        access => access?,
    };
    if placed.kind == TransferKind::Pending { Ok((placed, access)) } else { Err(TransferError::NotAHold) }
}

/// Refuses to collect signatures for what can no longer be captured, as the ledger would.
async fn require_pending(bank: &Bank, tx: &Tx, id: TransferId) -> Result<(), TransferError> {
    let hold = ledger::journal::hold(tx, id).await?.ok_or(Refusal::NotAHold { id })?;
    match (hold.state_at(bank.now()), hold.expires_at) {
        (HoldState::Pending, _) => Ok(()),
        (HoldState::Expired, Some(expired_at)) => Err(Refusal::HoldExpired { id, expired_at }.into()),
        (state, _) => Err(Refusal::HoldNotPending { id, state }.into()),
    }
}

/// Signs for the caller where all sign, and returns how many signatures are missing.
async fn sign(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    hold: TransferId,
    signers: &[UserId],
) -> Result<usize, TransferError> {
    if signers.is_empty() {
        return Ok(0);
    }
    // A machine does not sign: the step that asks a person is the signature itself.
    let user_id = caller.user_id.filter(|_| caller.session_id.is_some()).ok_or(TransferError::NeedsPerson)?;
    // The signatures of one hold wait for one another, so that the last to sign sees all the others.
    store::lock_signatures(tx, hold).await?;
    if signers.contains(&user_id) {
        let signature = TransferSignature { transfer_id: hold, user_id, signed_at: bank.now() };
        store::insert_signature(tx, signature).await?;
    }
    let signed = store::signed_by(tx, hold).await?;
    Ok(missing(signers, &signed))
}

impl From<ledger::PostError> for TransferError {
    fn from(error: ledger::PostError) -> Self {
        match error {
            ledger::PostError::Refused(refusal) => Self::Refused(refusal),
            ledger::PostError::Storage(error) => Self::Storage(error),
        }
    }
}
