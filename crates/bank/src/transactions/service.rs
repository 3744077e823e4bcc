//! Listing and showing transactions.

use std::collections::HashMap;

use kernel::{AccountId, Cursor, Money, Page, PageRequest, TransferId};
use ledger::{Entry, Transfer};
use sea_orm::ConnectionTrait;

use super::model::{Filter, MOST_ACCOUNTS, Shown, Transaction, TransactionsError, merge};
use super::store;
use crate::accounts::service::{AccountAccess, NumberedAccount};
use crate::accounts::{self, Need};
use crate::{Bank, Caller, Permission};

/// Lists the newest transactions of the accounts that the caller may view, or of one of them.
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
    let connection = bank.db.read();
    let accounts = visible(bank, caller, filter.account).await?;
    let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
    let shown = Shown::read(page.after.as_ref())?;
    let limit = u64::from(page.limit) + 1;
    let found = store::newest_of_each(connection, &ids, filter, &shown, limit).await?;
    let mut entries = merge(found, usize::from(page.limit) + 1);
    let more = entries.len() > usize::from(page.limit);
    entries.truncate(usize::from(page.limit));
    let next = more.then(|| Cursor::new(shown.after(&entries)));
    Ok(Page { items: describe(connection, &accounts, entries).await?, next })
}

/// Shows one transfer with those of its entries that the caller may see.
///
/// # Errors
/// [`TransactionsError::Forbidden`], [`TransactionsError::NotFound`] when it is absent or touches no account that
/// the caller may view.
pub async fn find(
    bank: &Bank,
    caller: &Caller,
    id: TransferId,
) -> Result<(Transfer, Vec<Transaction>), TransactionsError> {
    accounts::service::require_transactions(caller)?;
    let connection = bank.db.latest();
    let transfer = ledger::linked::find(connection, id).await?.ok_or(TransactionsError::NotFound)?;
    let sides = [transfer.debit_account_id, transfer.credit_account_id];
    let mut seen = Vec::new();
    for side in sides {
        if let Ok(account) = accounts::service::find_for(connection, caller, side, Need::View).await {
            seen.push(numbered(account));
        }
    }
    if seen.is_empty() {
        return Err(TransactionsError::NotFound);
    }
    let ids: Vec<AccountId> = seen.iter().map(|account| account.id).collect();
    let mut entries = ledger::journal::entries(connection, &transfer).await?;
    entries.retain(|entry| ids.contains(&entry.account_id));
    let shown = describe(connection, &seen, entries).await?;
    Ok((transfer, shown))
}

async fn visible(
    bank: &Bank,
    caller: &Caller,
    account: Option<AccountId>,
) -> Result<Vec<NumberedAccount>, TransactionsError> {
    let connection = bank.db.read();
    if let Some(id) = account {
        accounts::service::require_transactions(caller)?;
        let access = accounts::service::find_for(connection, caller, id, Need::View).await?;
        return Ok(vec![numbered(access)]);
    }
    caller.require(Permission::ReadOwnAccounts)?;
    let mut accounts = accounts::service::seen_by(connection, caller).await?;
    accounts.truncate(MOST_ACCOUNTS);
    Ok(accounts)
}

/// Adds amounts in the account's currency and names the other side.
async fn describe(
    connection: &impl ConnectionTrait,
    accounts: &[NumberedAccount],
    entries: Vec<Entry>,
) -> Result<Vec<Transaction>, TransactionsError> {
    let currencies: HashMap<_, _> = accounts.iter().map(|account| (account.id, account.currency)).collect();
    let others: Vec<AccountId> = entries.iter().map(|entry| entry.counterparty_account_id).collect();
    let numbered = accounts::service::numbered_accounts(connection, &others).await?;
    let numbers: HashMap<_, _> =
        numbered.into_iter().map(|account| (account.id, account.number.masked())).collect();
    let described = entries.into_iter().filter_map(|entry| {
        let currency = *currencies.get(&entry.account_id)?;
        Some(Transaction {
            amount: Money::new(entry.amount_minor, currency),
            balance_after: Money::new(entry.balance_after_minor, currency),
            counterparty: numbers
                .get(&entry.counterparty_account_id)
                .cloned()
                .unwrap_or_else(|| "the bank".to_owned()),
            entry,
        })
    });
    Ok(described.collect())
}

fn numbered(access: AccountAccess) -> NumberedAccount {
    NumberedAccount { id: access.id(), currency: access.currency(), number: access.account.number }
}
