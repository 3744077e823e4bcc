//! The questions about one transfer whose terms are known, each with its refusal.

use kernel::{AccountId, Money};

use super::{Book, Terms};
use crate::{Account, AccountStatus, Action, Authority, Month, NewTransfer, Posting, Refusal, TransferKind};

/// The longest code, in bytes.
const LONGEST_CODE: usize = 64;
/// The longest reference, in bytes: it stands in an index, whose rows are limited on PostgreSQL.
const LONGEST_REFERENCE: usize = 1120;
/// The longest metadata, in bytes.
const LONGEST_METADATA: usize = 16_384;

/// Judges what can be seen without looking anything up.
pub(super) fn shape(new: &NewTransfer) -> Result<(), Refusal> {
    let amount = match new.action {
        Action::Post { amount, .. } | Action::Hold { amount, .. } => Some(amount),
        Action::Capture { amount, .. } => amount,
        Action::Release { .. } | Action::Reverse { .. } => None,
    };
    if let Some(amount) = amount.filter(|amount| !amount.is_positive()) {
        return Err(Refusal::AmountNotPositive { amount });
    }
    if let Some((account, _)) = new.action.accounts().filter(|(debit, credit)| debit == credit) {
        return Err(Refusal::SameAccount { account });
    }
    let metadata = new.metadata.as_deref().unwrap_or_default();
    for (field, text, longest) in [
        ("code", new.code.as_ref(), LONGEST_CODE),
        ("reference", new.reference.as_str(), LONGEST_REFERENCE),
        ("metadata", metadata, LONGEST_METADATA),
    ] {
        if text.len() > longest || text.contains('\0') {
            return Err(Refusal::TextNotStorable { field });
        }
    }
    Ok(())
}

/// Both accounts exist and are kept in the transfer's currency.
pub(super) fn currencies(book: &Book, terms: &Terms) -> Result<(), Refusal> {
    let (debit, credit) = accounts(book, terms)?;
    let asked = terms.amount.currency();
    for account in [debit, credit] {
        if account.currency != asked {
            return Err(Refusal::CurrencyDiffers { account: account.id, kept_in: account.currency, asked });
        }
    }
    Ok(())
}

/// The effective day is allowed.
pub(super) fn dates(book: &Book, posting: &Posting, terms: &Terms) -> Result<(), Refusal> {
    let (effective_on, business_on) = (terms.effective_on, book.business_on);
    if effective_on > business_on {
        return Err(Refusal::EffectiveInFuture { effective_on, business_on });
    }
    if effective_on < business_on && posting.authority == Authority::Customer {
        return Err(Refusal::EffectiveInPast { effective_on, business_on });
    }
    let month = Month::of(effective_on);
    if posting.authority != Authority::Import && book.is_closed(month) {
        return Err(Refusal::MonthClosed { month });
    }
    Ok(())
}

/// Both accounts let it pass. A release always may; a capture passes an account whose debits are blocked.
pub(super) fn statuses(book: &Book, terms: &Terms) -> Result<(), Refusal> {
    if terms.kind == TransferKind::Release {
        return Ok(());
    }
    let (debit, credit) = accounts(book, terms)?;
    let debits = debit.status == AccountStatus::Open
        || debit.status == AccountStatus::DebitBlocked && terms.kind == TransferKind::Capture;
    if !debits {
        return Err(Refusal::DebitAccountStatus { account: debit.id, status: debit.status });
    }
    if !matches!(credit.status, AccountStatus::Open | AccountStatus::DebitBlocked) {
        return Err(Refusal::CreditAccountStatus { account: credit.id, status: credit.status });
    }
    Ok(())
}

/// The customer's spending limits bear it: only payments and holds count, and only a customer's own.
pub(super) fn limits(book: &Book, posting: &Posting, terms: &Terms) -> Result<(), Refusal> {
    if !counts(posting, terms) {
        return Ok(());
    }
    let (account, _) = accounts(book, terms)?;
    let asked = terms.amount;
    let money = |minor| Money::new(minor, account.currency);
    if let Some(limit) = account.largest_limit_minor.filter(|limit| asked.minor() > *limit) {
        return Err(Refusal::LargestExceeded { limit: money(limit), asked });
    }
    let exceeds = |limit: i64, spent: i64| i128::from(spent) + i128::from(asked.minor()) > i128::from(limit);
    let spent = account.spent_on_day(book.business_on);
    if let Some(limit) = account.day_limit_minor.filter(|limit| exceeds(*limit, spent)) {
        return Err(Refusal::DayLimitExceeded { limit: money(limit), spent: money(spent), asked });
    }
    let spent = account.spent_in_month(book.business_on);
    if let Some(limit) = account.month_limit_minor.filter(|limit| exceeds(*limit, spent)) {
        return Err(Refusal::MonthLimitExceeded { limit: money(limit), spent: money(spent), asked });
    }
    Ok(())
}

/// The account that shrinks has the funds. A capture takes what its hold reserved, a release takes nothing.
pub(super) fn funds(book: &Book, posting: &Posting, terms: &Terms) -> Result<(), Refusal> {
    let takes = matches!(terms.kind, TransferKind::Posted | TransferKind::Pending | TransferKind::Reversal);
    if !takes || !posting.authority.needs_funds() {
        return Ok(());
    }
    let (debit, credit) = accounts(book, terms)?;
    for (account, shrinks) in
        [(debit, !debit.kind.grows_by_debits()), (credit, credit.kind.grows_by_debits())]
    {
        let short = account.available_minor() < i128::from(terms.amount.minor());
        if account.funded && shrinks && short {
            let available = account.balance().available;
            return Err(Refusal::InsufficientFunds { account: account.id, available, asked: terms.amount });
        }
    }
    Ok(())
}

/// Says whether a transfer counts against the debit account's spending limits.
pub(super) fn counts(posting: &Posting, terms: &Terms) -> bool {
    posting.authority.is_limited() && matches!(terms.kind, TransferKind::Posted | TransferKind::Pending)
}

/// Looks both accounts up, the debit account first.
pub(super) fn accounts<'a>(book: &'a Book, terms: &Terms) -> Result<(&'a Account, &'a Account), Refusal> {
    let find = |account: AccountId| book.account(account).ok_or(Refusal::AccountNotFound { account });
    Ok((find(terms.debit)?, find(terms.credit)?))
}
