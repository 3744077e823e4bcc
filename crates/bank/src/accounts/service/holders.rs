//! Whose account has a number, for staff who know only a part of it.

use kernel::{AccountId, PageRequest, UserId};

use super::super::model::AccountError;
use super::super::store::{self, Filter};
use super::access;
use crate::{Bank, Caller, Permission};

/// With fewer digits half the bank would be found.
const FEWEST_DIGITS: usize = 4;
/// How many accounts are looked at.
const MOST: u16 = 20;

/// Finds the holders of accounts whose number has a text in it, with or without its blanks; a text with fewer than
/// four digits is no part of a number and finds nobody.
///
/// # Errors
/// [`AccountError::Forbidden`], then [`AccountError::Storage`].
pub async fn find_holders(bank: &Bank, caller: &Caller, text: &str) -> Result<Vec<UserId>, AccountError> {
    caller.require(Permission::ReadAccounts)?;
    let Some(text) = by_number(text) else { return Ok(Vec::new()) };
    let db = bank.db.read();
    let filter = Filter { text: Some(text), ..Filter::default() };
    let page = PageRequest { limit: MOST, after: None };
    let found = store::list(db, &filter, &page, None).await?;
    let ids: Vec<AccountId> = found.iter().map(|(account, _)| account.id).collect();
    Ok(access::holders(&store::owners_of_all(db, &ids).await?))
}

/// Reads a text as a part of a number, without its blanks; none with fewer than four digits.
pub(super) fn by_number(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
    (text.chars().filter(char::is_ascii_digit).count() >= FEWEST_DIGITS).then_some(text)
}
