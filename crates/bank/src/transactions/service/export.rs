//! Transactions as a file.

use futures_util::stream::{self, BoxStream, StreamExt};
use kernel::{Cursor, PageRequest};

use super::super::csv;
use super::super::model::{Filter, TransactionsError};
use super::list;
use crate::{Bank, Caller};

/// Writes transactions as CSV, newest first, a page at a time; what is booked meanwhile is not in it.
///
/// # Errors
/// Those of [`list`]; after the first page they end the stream.
pub async fn export(
    bank: &Bank,
    caller: &Caller,
    filter: Filter,
) -> Result<BoxStream<'static, Result<String, TransactionsError>>, TransactionsError> {
    let first = PageRequest { limit: PageRequest::MOST, after: None };
    let page = list(bank, caller, &filter, &first).await?;
    let head = format!("{}{}", csv::HEADER, csv::lines(&page.items));
    let start = (bank.clone(), caller.clone(), filter, page.next);
    let rest = stream::try_unfold(start, |(bank, caller, filter, after)| async move {
        let Some(after): Option<Cursor> = after else { return Ok(None) };
        let request = PageRequest { limit: PageRequest::MOST, after: Some(after) };
        let page = list(&bank, &caller, &filter, &request).await?;
        Ok(Some((csv::lines(&page.items), (bank, caller, filter, page.next))))
    });
    Ok(stream::iter([Ok(head)]).chain(rest).boxed())
}
