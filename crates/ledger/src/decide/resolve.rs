//! What a transfer refers to: itself when repeated, the hold it captures, the transfer it reverses.

use chrono::SubsecRound;
use kernel::TransferId;

use super::{Book, Terms};
use crate::{Action, Hold, HoldState, NewTransfer, Posted, Refusal, Transfer, TransferKind};

/// Returns the rows of an item that stands in the journal already; none for one that is new.
///
/// # Errors
/// [`Refusal::IdReused`] when an id stands there with other content, or only some of the item's do.
pub(super) fn already_posted(
    book: &Book,
    item: &[NewTransfer],
    group_id: Option<TransferId>,
) -> Result<Option<Vec<Posted>>, Refusal> {
    let mut known = Vec::new();
    for (index, new) in item.iter().enumerate() {
        if item[..index].iter().any(|earlier| earlier.id == new.id) {
            return Err(Refusal::IdReused { id: new.id });
        }
        let Some(transfer) = book.transfer(new.id) else { continue };
        if transfer.group_id != group_id || !same_content(book, transfer, new) {
            return Err(Refusal::IdReused { id: new.id });
        }
        known.push(Posted { transfer: transfer.clone(), already: true });
    }
    match known.len() {
        0 => Ok(None),
        count if count == item.len() => Ok(Some(known)),
        _ => Err(Refusal::IdReused { id: item[0].id }),
    }
}

fn same_content(book: &Book, known: &Transfer, new: &NewTransfer) -> bool {
    let same_action = match new.action {
        Action::Post { debit, credit, amount } | Action::Hold { debit, credit, amount, .. } => {
            (known.debit_account_id, known.credit_account_id) == (debit, credit) && known.amount() == amount
        }
        Action::Capture { hold, amount: None } => {
            book.hold(hold).is_some_and(|hold| hold.amount_minor == known.amount_minor)
        }
        Action::Capture { amount: Some(amount), .. } => known.amount() == amount,
        Action::Release { .. } | Action::Reverse { .. } => true,
    };
    let expires_at = match new.action {
        Action::Hold { expires_at, .. } => expires_at.map(|at| at.trunc_subsecs(6)),
        _ => None,
    };
    same_action
        && known.kind == new.action.kind()
        && known.of_transfer_id == new.action.refers_to()
        && known.expires_at == expires_at
        && known.code == new.code
        && known.reference == new.reference
        && known.metadata.as_deref().unwrap_or_default() == new.metadata.as_deref().unwrap_or_default()
        && new.effective_on.is_none_or(|on| on == known.effective_on)
}

/// Works out accounts and amount.
///
/// # Errors
/// From [`Refusal::TransferNotFound`] to [`Refusal::GroupIncomplete`], in the order of [`Refusal`].
pub(super) fn terms(book: &Book, new: &NewTransfer, item: &[NewTransfer]) -> Result<Terms, Refusal> {
    let effective_on = new.effective_on.unwrap_or(book.business_on);
    let (debit, credit, amount, expires_at, hold) = match new.action {
        Action::Post { debit, credit, amount } => (debit, credit, amount, None, None),
        Action::Hold { debit, credit, amount, expires_at } => {
            let expires_at = expires_at.map(|at| at.trunc_subsecs(6));
            if let Some(expires_at) = expires_at.filter(|at| *at <= book.now) {
                return Err(Refusal::ExpiryInPast { expires_at });
            }
            (debit, credit, amount, expires_at, None)
        }
        Action::Capture { hold: id, amount } => {
            let hold = pending_hold(book, id)?;
            let asked = amount.unwrap_or(hold.amount());
            if asked.currency() != hold.currency {
                let account = hold.debit_account_id;
                return Err(Refusal::CurrencyDiffers {
                    account,
                    kept_in: hold.currency,
                    asked: asked.currency(),
                });
            }
            if asked.minor() > hold.amount_minor {
                return Err(Refusal::CaptureExceedsHold { held: hold.amount(), asked });
            }
            whole_group(book, id, item)?;
            (hold.debit_account_id, hold.credit_account_id, asked, None, Some(hold.clone()))
        }
        Action::Release { hold: id } => {
            let hold = pending_hold(book, id)?;
            whole_group(book, id, item)?;
            (hold.debit_account_id, hold.credit_account_id, hold.amount(), None, Some(hold.clone()))
        }
        Action::Reverse { transfer: id } => {
            let original = reversible(book, id)?;
            whole_group(book, id, item)?;
            (original.credit_account_id, original.debit_account_id, original.amount(), None, None)
        }
    };
    let (kind, of) = (new.action.kind(), new.action.refers_to());
    Ok(Terms { kind, debit, credit, amount, of, expires_at, effective_on, hold })
}

fn pending_hold(book: &Book, id: TransferId) -> Result<&Hold, Refusal> {
    let transfer = book.transfer(id).ok_or(Refusal::TransferNotFound { id })?;
    let hold = book.hold(id).filter(|_| transfer.kind == TransferKind::Pending);
    let hold = hold.ok_or(Refusal::NotAHold { id })?;
    match (hold.state_at(book.now), hold.expires_at) {
        (HoldState::Pending, _) => Ok(hold),
        (HoldState::Expired, Some(expired_at)) => Err(Refusal::HoldExpired { id, expired_at }),
        (state, _) => Err(Refusal::HoldNotPending { id, state }),
    }
}

fn reversible(book: &Book, id: TransferId) -> Result<&Transfer, Refusal> {
    let original = book.transfer(id).ok_or(Refusal::TransferNotFound { id })?;
    match original.kind {
        TransferKind::Pending | TransferKind::Release => return Err(Refusal::NothingToReverse { id }),
        TransferKind::Reversal => return Err(Refusal::IsReversal { id }),
        TransferKind::Posted | TransferKind::Capture => {}
    }
    match book.reversal_of(id) {
        Some(by) => Err(Refusal::AlreadyReversed { id, by }),
        None => Ok(original),
    }
}

/// Checks that every other member of the group is in the item too: holds are resolved together, and what
/// moved money is reversed together.
fn whole_group(book: &Book, id: TransferId, item: &[NewTransfer]) -> Result<(), Refusal> {
    let Some(member) = book.transfer(id) else { return Ok(()) };
    let Some(group) = member.group_id else { return Ok(()) };
    let missing = book.members(group).iter().find(|other| {
        let same_sort =
            book.transfer(**other).is_some_and(|other| other.kind.has_entries() == member.kind.has_entries());
        same_sort && !item.iter().any(|new| new.action.refers_to() == Some(**other))
    });
    match missing {
        Some(missing) => Err(Refusal::GroupIncomplete { id, missing: *missing }),
        None => Ok(()),
    }
}
