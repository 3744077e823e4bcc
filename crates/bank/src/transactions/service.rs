//! Listing and showing transactions.

mod detail;
mod export;

use std::collections::{HashMap, HashSet};

pub use detail::{Origin, TransactionDetail, find};
pub use export::export;

use kernel::{AccountId, Currency, Cursor, Money, Page, PageRequest};
use ledger::{Entry, Transfer};
use sea_orm::DbErr;

use super::model::{Filter, MOST_ACCOUNTS, Rest, Side, Transaction, TransactionsError, merge};
use super::store;
use crate::accounts;
use crate::accounts::service::{AccountAccess, NumberedAccount};
use crate::audit::{self, Event, Subject};
use crate::guard::OtherSide;
use crate::{Bank, Caller, Permission};

/// Lists the newest transactions of the accounts that the caller may view, or of one of them; for staff without
/// an account, of all. A look by staff leaves an audit row.
///
/// # Errors
/// [`TransactionsError::Forbidden`], [`TransactionsError::Account`] for an account that is not to be seen,
/// [`TransactionsError::Cursor`].
pub async fn list(
    bank: &Bank,
    caller: &Caller,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Transaction>, TransactionsError> {
    if filter.account.is_none() && caller.may(Permission::ReadTransactions) {
        return journal(bank, caller, filter, page).await;
    }
    let accounts = visible(bank, caller, filter.account).await?;
    let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
    let rest = Rest::read(page.after.as_ref())?;
    let found = if rest.is_none() && page.limit == PageRequest::USUAL && filter.is_open() {
        store::gather_newest(&bank.db, &ids).await?
    } else {
        let limit = u64::from(page.limit) + 1;
        store::newest_of_each(bank.db.read(), &ids, filter, rest.as_ref(), limit).await?
    };
    let (entries, rest) = merge(found, usize::from(page.limit));
    let next = Rest::of(&rest).map(Cursor::new);
    let currencies = accounts.iter().map(|account| (account.id, account.currency)).collect();
    Ok(Page { items: describe(bank, &currencies, entries).await?, next })
}

/// Lists the whole journal by position: one line for each transfer, of the customer's side.
///
/// Between two customers it is the debit side's, and so between two accounts of the bank's own.
async fn journal(
    bank: &Bank,
    caller: &Caller,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Transaction>, TransactionsError> {
    if page.after.as_ref().is_some_and(|after| after.key::<i64>().is_err()) {
        return Err(TransactionsError::Cursor);
    }
    let connection = bank.db.read();
    let page = ledger::journal::list(connection, store::journal_condition(filter), page).await?;
    let sides = page.items.iter().flat_map(|row| [row.debit_account_id, row.credit_account_id]);
    let sides: Vec<AccountId> = sides.collect();
    let called = accounts::service::look_at_others(bank, &sides).await?;
    let own: HashSet<AccountId> = sides
        .into_iter()
        .zip(called)
        .filter(|(_, side)| *side == OtherSide::Bank)
        .map(|(id, _)| id)
        .collect();
    let page = page.map(|row| {
        let side = filter.side.unwrap_or_else(|| side(&row, &own));
        (row, side)
    });
    let entries = store::lines(connection, &page.items).await?;
    let kept_in = |(row, _): &(Transfer, Side)| {
        [(row.debit_account_id, row.currency), (row.credit_account_id, row.currency)]
    };
    let currencies = page.items.iter().flat_map(kept_in).collect();
    let items = describe(bank, &currencies, entries).await?;
    audit::record_read(bank, caller, Event::new("transaction.list", Subject::new("account", "*"))).await?;
    Ok(Page { items, next: page.next })
}

fn side(transfer: &Transfer, own: &HashSet<AccountId>) -> Side {
    let credit_only = own.contains(&transfer.debit_account_id) && !own.contains(&transfer.credit_account_id);
    if credit_only { Side::Credit } else { Side::Debit }
}

async fn visible(
    bank: &Bank,
    caller: &Caller,
    account: Option<AccountId>,
) -> Result<Vec<NumberedAccount>, TransactionsError> {
    if let Some(id) = account {
        accounts::service::require_transactions(caller)?;
        let access = accounts::service::look_at(bank, caller, id).await?;
        if access.authority.is_staff() {
            caller.require(Permission::ReadTransactions)?;
            let event = Event::new("transaction.list", Subject::new("account", id));
            audit::record_read(bank, caller, event).await?;
        }
        return Ok(vec![numbered(access)]);
    }
    caller.require(Permission::ReadOwnAccounts)?;
    let mut accounts = accounts::service::seen_by(bank.db.read(), caller).await?;
    accounts.truncate(MOST_ACCOUNTS);
    Ok(accounts)
}

/// Adds amounts in the accounts' currencies and names the other sides.
async fn describe(
    bank: &Bank,
    currencies: &HashMap<AccountId, Currency>,
    entries: Vec<Entry>,
) -> Result<Vec<Transaction>, DbErr> {
    let others: Vec<_> = entries.iter().map(|entry| entry.counterparty_account_id).collect();
    let others = accounts::service::look_at_others(bank, &others).await?;
    let described = entries.into_iter().zip(others).filter_map(|(entry, counterparty)| {
        let currency = *currencies.get(&entry.account_id)?;
        let amount = Money::new(entry.amount_minor, currency);
        let balance_after = Money::new(entry.balance_after_minor, currency);
        Some(Transaction { entry, amount, balance_after, counterparty })
    });
    Ok(described.collect())
}

fn numbered(access: AccountAccess) -> NumberedAccount {
    NumberedAccount { id: access.id(), currency: access.currency(), number: access.account.number }
}
