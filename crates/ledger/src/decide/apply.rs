//! What a transfer does to its two accounts and to its hold; every sum is checked.

use chrono::NaiveDate;

use super::{Book, Terms, judge};
use crate::{Account, Hold, HoldState, Month, Posting, Refusal, Transfer, TransferKind};

/// Holds both accounts and the hold as they are afterwards.
#[derive(Clone)]
pub(super) struct Change {
    pub(super) debit: Account,
    pub(super) credit: Account,
    pub(super) hold: Option<HoldChange>,
}

/// Says what becomes of a hold; the transfer that does it completes it.
#[derive(Clone)]
pub(super) enum HoldChange {
    Placed { counted: bool },
    Captured(Hold),
    GivenBack(Hold, HoldState),
}

/// Computes the accounts after the transfer.
///
/// # Errors
/// [`Refusal::OutOfRange`] when a balance or counter would leave 64 bits; the debit account is computed first.
pub(super) fn balances(book: &Book, posting: &Posting, terms: &Terms) -> Result<Change, Refusal> {
    let (debit, credit) = judge::accounts(book, terms)?;
    let (mut debit, mut credit) = (debit.clone(), credit.clone());
    let counted = judge::counts(posting, terms);
    let out_of_range = |account| Refusal::OutOfRange { account };
    move_debit(&mut debit, terms).ok_or(out_of_range(debit.id))?;
    if counted {
        spend(&mut debit, terms.amount.minor(), book.business_on).ok_or(out_of_range(debit.id))?;
    }
    move_credit(&mut credit, terms).ok_or(out_of_range(credit.id))?;
    let hold = match (terms.kind, terms.hold.clone()) {
        (TransferKind::Pending, _) => Some(HoldChange::Placed { counted }),
        (TransferKind::Capture, Some(hold)) => {
            give_back(&mut debit, &hold, hold.amount_minor - terms.amount.minor(), book.business_on);
            Some(HoldChange::Captured(hold))
        }
        (TransferKind::Release, Some(hold)) => {
            give_back(&mut debit, &hold, hold.amount_minor, book.business_on);
            let overdue = hold.is_overdue(book.now);
            Some(HoldChange::GivenBack(hold, if overdue { HoldState::Expired } else { HoldState::Released }))
        }
        _ => None,
    };
    Ok(Change { debit, credit, hold })
}

fn move_debit(account: &mut Account, terms: &Terms) -> Option<()> {
    let (posted, pending) = movement(terms);
    account.debits_posted_minor = account.debits_posted_minor.checked_add(posted)?;
    account.debits_pending_minor = pending_after(account.debits_pending_minor, pending)?;
    account.entry_sequence = account.entry_sequence.checked_add(i64::from(terms.kind.has_entries()))?;
    Some(())
}

fn move_credit(account: &mut Account, terms: &Terms) -> Option<()> {
    let (posted, pending) = movement(terms);
    account.credits_posted_minor = account.credits_posted_minor.checked_add(posted)?;
    account.credits_pending_minor = pending_after(account.credits_pending_minor, pending)?;
    account.entry_sequence = account.entry_sequence.checked_add(i64::from(terms.kind.has_entries()))?;
    Some(())
}

/// Returns by how much posted and pending balances change.
fn movement(terms: &Terms) -> (i64, i64) {
    let amount = terms.amount.minor();
    let held = terms.hold.as_ref().map_or(0, |hold| hold.amount_minor);
    match terms.kind {
        TransferKind::Posted | TransferKind::Reversal => (amount, 0),
        TransferKind::Pending => (0, amount),
        TransferKind::Capture => (amount, -held),
        TransferKind::Release => (0, -held),
    }
}

fn pending_after(pending: i64, change: i64) -> Option<i64> {
    pending.checked_add(change).filter(|after| *after >= 0)
}

/// Counts a customer's debit on the business day and in its month; a new day or month starts at nothing.
fn spend(account: &mut Account, amount: i64, on: NaiveDate) -> Option<()> {
    let day = account.spent_on_day(on).checked_add(amount)?;
    let month = account.spent_in_month(on).checked_add(amount)?;
    (account.spent_on, account.spent_day_minor) = (on, day);
    (account.spent_month_on, account.spent_month_minor) = (Month::of(on).first_day(), month);
    Some(())
}

/// Takes back what a hold counted, on the day it was placed only.
fn give_back(account: &mut Account, hold: &Hold, amount: i64, on: NaiveDate) {
    if !hold.counted || hold.booked_on != on || account.spent_on != on {
        return;
    }
    account.spent_day_minor = (account.spent_day_minor - amount).max(0);
    account.spent_month_minor = (account.spent_month_minor - amount).max(0);
}

impl HoldChange {
    /// Returns the hold as it is after `transfer`.
    pub(super) fn resolved(self, transfer: &Transfer) -> Hold {
        match self {
            Self::Placed { counted } => Hold {
                id: transfer.id,
                debit_account_id: transfer.debit_account_id,
                credit_account_id: transfer.credit_account_id,
                amount_minor: transfer.amount_minor,
                currency: transfer.currency,
                state: HoldState::Pending,
                captured_minor: 0,
                resolved_by: None,
                expires_at: transfer.expires_at,
                booked_on: transfer.booked_on,
                counted,
                booked_at: transfer.booked_at,
            },
            Self::Captured(hold) => Hold {
                state: HoldState::Captured,
                captured_minor: transfer.amount_minor,
                resolved_by: Some(transfer.id),
                ..hold
            },
            Self::GivenBack(hold, state) => Hold { state, resolved_by: Some(transfer.id), ..hold },
        }
    }
}
