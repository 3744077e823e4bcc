//! The one decision: may these transfers be made, and what do the accounts hold afterwards?
//!
//! [`decide`] is pure and synchronous. It reads and changes a [`Book`], which holds everything the database
//! said about the accounts, transfers and holds in question; whoever calls it loads the book under locks and
//! writes what changed. Questions are asked in the order of [`Refusal`]; the first "no" is the answer, and
//! then the book is as it was before.

mod apply;
mod book;
mod judge;
mod resolve;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use kernel::{AccountId, Instant, Money, TransferId};

pub(crate) use book::Place;
pub use book::{Book, Row};

use crate::{Action, Hold, ItemOutcome, NewTransfer, Posted, Posting, Refusal, Transfer, TransferKind};

/// The most transfers that can be linked: each is decided and written with all others of its group.
pub const MOST_LINKED: usize = 1000;

/// Decides linked transfers, all or none, and changes the book when they are accepted.
///
/// # Errors
/// The first refusal of the first transfer that is refused, in the order of [`Refusal`].
pub fn decide(book: &mut Book, posting: &Posting, transfers: &[NewTransfer]) -> ItemOutcome {
    if transfers.is_empty() || transfers.len() > MOST_LINKED {
        return Err(Refusal::GroupSize { count: transfers.len() });
    }
    let group_id = (transfers.len() > 1).then(|| transfers[0].id);
    if let Some(known) = resolve::already_posted(book, transfers, group_id)? {
        return Ok(known);
    }
    let mark = book.mark();
    let mut posted = Vec::with_capacity(transfers.len());
    for new in transfers {
        match decide_one(book, posting, new, transfers) {
            Ok((terms, change)) => posted.push(record(book, posting, (new, &terms), change, group_id)),
            Err(refusal) => {
                book.undo(mark);
                return Err(refusal);
            }
        }
    }
    book.settle(mark, group_id, transfers);
    Ok(posted)
}

/// Gives an overdue hold back on behalf of the program; `None` when it is not overdue.
pub fn expire(book: &mut Book, hold: TransferId, release: TransferId) -> Option<Posted> {
    let known = book.hold(hold).filter(|known| known.is_overdue(book.now))?;
    let terms = Terms {
        kind: TransferKind::Release,
        debit: known.debit_account_id,
        credit: known.credit_account_id,
        amount: known.amount(),
        of: Some(hold),
        expires_at: None,
        effective_on: book.business_on,
        hold: Some(known.clone()),
    };
    let change = apply::balances(book, &Posting::SYSTEM, &terms).ok()?;
    let new = NewTransfer::new(release, Action::Release { hold }, "hold_expired");
    Some(record(book, &Posting::SYSTEM, (&new, &terms), change, None))
}

/// Says what a transfer comes to, once what it refers to is known.
struct Terms {
    kind: TransferKind,
    debit: AccountId,
    credit: AccountId,
    amount: Money,
    of: Option<TransferId>,
    expires_at: Option<Instant>,
    effective_on: NaiveDate,
    /// The hold that is captured or released, as it is before.
    hold: Option<Hold>,
}

/// Asks every question about one transfer, in the order of [`Refusal`].
fn decide_one(
    book: &Book,
    posting: &Posting,
    new: &NewTransfer,
    item: &[NewTransfer],
) -> Result<(Terms, apply::Change), Refusal> {
    judge::shape(new)?;
    let terms = resolve::terms(book, new, item)?;
    judge::currencies(book, &terms)?;
    judge::dates(book, posting, &terms)?;
    judge::statuses(book, &terms)?;
    judge::limits(book, posting, &terms)?;
    judge::funds(book, posting, &terms)?;
    let change = apply::balances(book, posting, &terms)?;
    Ok((terms, change))
}

/// Writes an accepted transfer into the book.
fn record(
    book: &mut Book,
    posting: &Posting,
    (new, terms): (&NewTransfer, &Terms),
    change: apply::Change,
    group_id: Option<TransferId>,
) -> Posted {
    let entries = terms.kind.has_entries();
    let transfer = Transfer {
        position: 0,
        id: new.id,
        kind: terms.kind,
        debit_account_id: terms.debit,
        credit_account_id: terms.credit,
        amount_minor: terms.amount.minor(),
        currency: terms.amount.currency(),
        code: new.code.clone().into_owned(),
        reference: new.reference.clone(),
        metadata: new.metadata.clone().filter(|text| !text.is_empty()),
        group_id,
        of_transfer_id: terms.of,
        expires_at: terms.expires_at,
        debit_sequence: entries.then_some(change.debit.entry_sequence),
        credit_sequence: entries.then_some(change.credit.entry_sequence),
        authority: posting.authority,
        actor_kind: posting.actor.kind().as_str().to_owned(),
        actor_id: posting.actor.uuid(),
        request_id: posting.request_id.map(kernel::RequestId::uuid),
        booked_at: book.now,
        booked_on: book.business_on,
        effective_on: terms.effective_on,
    };
    book.record(transfer.clone(), change);
    Posted { transfer, already: false }
}
