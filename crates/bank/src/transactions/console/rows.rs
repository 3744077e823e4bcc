//! The rows of a list of transactions.

use kernel::AccountId;
use ledger::Direction;
use sea_orm::DbErr;

use super::words;
use crate::Bank;
use crate::accounts::service::look_at_numbers;
use crate::transactions::Transaction;
use crate::web::page::place_of;

/// Holds one row of a list.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) href: String,
    /// The account that the row is of: its number, and its page where it is a customer's.
    pub(super) account: String,
    pub(super) account_href: Option<String>,
    /// The other side: the same of it.
    pub(super) other: String,
    pub(super) other_href: Option<String>,
    /// The reference, unless it only repeats what it is.
    pub(super) reference: String,
    pub(super) is_debit: bool,
    pub(super) line: Transaction,
}

/// Names the account of each line.
pub(super) async fn rows(bank: &Bank, lines: Vec<Transaction>) -> Result<Vec<Row>, DbErr> {
    let own = lines.iter().map(|line| line.entry.account_id);
    let others = lines.iter().map(|line| line.entry.counterparty_account_id);
    let ids: Vec<AccountId> = own.chain(others).collect();
    let numbered = look_at_numbers(bank, &ids).await?;
    let named = |id: AccountId| match numbered.iter().find(|account| account.id == id) {
        Some(account) => (account.number.grouped(), place_of(&id)),
        None => ("The bank".to_owned(), None),
    };
    let row = |line: Transaction| {
        let (account, account_href) = named(line.entry.account_id);
        let (other, other_href) = named(line.entry.counterparty_account_id);
        let what = words::what(&line.entry.code);
        let reference = Some(&line.entry.reference).filter(|text| !text.eq_ignore_ascii_case(&what));
        Row {
            reference: reference.cloned().unwrap_or_default(),
            what,
            href: place_of(&line.entry.transfer_id).unwrap_or_default(),
            account,
            account_href,
            other,
            other_href,
            is_debit: line.entry.direction == Direction::Debit,
            line,
        }
    };
    Ok(lines.into_iter().map(row).collect())
}
