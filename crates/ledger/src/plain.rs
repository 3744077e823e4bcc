//! What a batch of plain transfers reads on PostgreSQL: everything in one statement, outside a transaction.
//!
//! A plain transfer names its accounts and is dated today; nearly all are. What was read is compared where it is written:
//! the day under the journal's lock, each account by the version of its row.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use database::{Columns, Engine};
use kernel::Instant;
use sea_orm::{ConnectionTrait, DbErr};

use crate::NewTransfer;
use crate::decide::Book;
use crate::load::{ACCOUNT_COLUMNS, BUSINESS_DAY, among, statement, take_account};
use crate::load_postgres::PLACE;

/// Says whether transfers name all that a decision about them reads.
pub(crate) fn are_plain(news: &[&NewTransfer]) -> bool {
    news.iter().all(|new| new.effective_on.is_none() && new.action.accounts().is_some())
}

/// Reads the accounts of plain transfers with the day, which `clock_date` is until one was set. None where that is not
/// enough: no account was found to read the day with, or a hold is overdue.
pub(crate) async fn read(
    connection: &impl ConnectionTrait,
    news: &[&NewTransfer],
    now: Instant,
    clock_date: NaiveDate,
) -> Result<Option<Book>, DbErr> {
    let accounts = news.iter().filter_map(|new| new.action.accounts());
    let ids: BTreeSet<_> = accounts.flat_map(|(debit, credit)| [debit, credit]).collect();
    let (among, ids) = among(connection, ids.iter().map(|id| id.uuid()));
    let sql = format!(
        "select ({BUSINESS_DAY}), \
         exists (select 1 from ledger_holds where state = 'pending' and expires_at <= $2), \
         {ACCOUNT_COLUMNS}{PLACE} from ledger_accounts where id {among}"
    );
    let mut book = None;
    for row in connection.query_all_raw(statement(connection, sql, [ids, now.into()])).await? {
        let mut columns = Columns::of(&row);
        let (day, is_overdue): (Option<NaiveDate>, bool) = (columns.take()?, columns.take()?);
        if is_overdue {
            return Ok(None);
        }
        let book = book.get_or_insert_with(|| Book::new(now, day.unwrap_or(clock_date)));
        take_account(&mut columns, Engine::Postgres, book)?;
    }
    Ok(book)
}

#[cfg(test)]
mod tests {
    use kernel::{AccountId, Currency, Money, TransferId};
    use uuid::Uuid;

    use super::*;
    use crate::Action;

    #[test]
    fn what_is_backdated_or_refers_to_another_transfer_is_not_plain() {
        let [debit, credit] = [1, 2].map(|number| AccountId::from_uuid(Uuid::from_u128(number)));
        let [id, hold] = [3, 4].map(|number| TransferId::from_uuid(Uuid::from_u128(number)));
        let amount = Money::new(1, Currency::GBP);
        let new = |action| NewTransfer::new(id, action, "test");
        let post = new(Action::Post { debit, credit, amount });
        let mut backdated = post.clone();
        backdated.effective_on = NaiveDate::from_ymd_opt(2026, 3, 1);
        let cases = [
            (post.clone(), true),
            (new(Action::Hold { debit, credit, amount, expires_at: None }), true),
            (new(Action::Capture { hold, amount: None }), false),
            (new(Action::Release { hold }), false),
            (new(Action::Reverse { transfer: hold }), false),
            (backdated, false),
        ];
        for (case, is_plain) in &cases {
            assert_eq!(are_plain(&[case]), *is_plain, "{case:?}");
            assert_eq!(are_plain(&[&post, case]), *is_plain, "one of two: {case:?}");
        }
    }
}
