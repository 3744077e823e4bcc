//! What the kept number of accounts must say: how many there are, by day and status, folded or not.

use chrono::{Duration, NaiveDate};
use kernel::AccountId;
use ledger::AccountStatus::{Closed, Frozen, Open};
use ledger::counts::{fold, until};
use ledger::verify::FaultKind::AccountsMiscounted;
use ledger::{AccountStatus, accounts, turnover};

use crate::books::{Books, found};

/// Counts the customers' accounts opened until the end of a day.
async fn counted(books: &Books, day: NaiveDate) -> Vec<(AccountStatus, i64)> {
    let counts = until(books.database.latest(), day).await.unwrap();
    let mut counts: Vec<_> = counts
        .into_iter()
        .filter(|count| count.code == ledger::chart::CUSTOMER_DEPOSIT)
        .map(|count| (count.status, count.accounts))
        .collect();
    counts.sort_by_key(|(status, _)| status.as_str());
    counts
}

async fn set(books: &Books, account: AccountId, status: AccountStatus) {
    let tx = books.database.begin().await.unwrap();
    accounts::set_status(&tx, account, status).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn folding_changes_nothing_of_what_was_counted_by_day_and_status() {
    let books = Books::open().await;
    let first = books.clock.now().date_naive();
    books.clock.advance(Duration::days(2));
    let (third, fourth) = (books.account(0).await, books.account(0).await);
    set(&books, third, Frozen).await;
    set(&books, fourth, Frozen).await;
    set(&books, fourth, Frozen).await;
    set(&books, fourth, Open).await;
    set(&books, fourth, Closed).await;
    for rows in [11, 0] {
        assert_eq!(counted(&books, first.pred_opt().unwrap()).await, []);
        assert_eq!(counted(&books, first).await, [(Open, 2)]);
        let all = [(Closed, 1), (Frozen, 1), (Open, 2)];
        assert_eq!(counted(&books, turnover::LAST_DAY).await, all);
        assert!(books.verify().await.passed());
        // 2 of the first day; 6 that came and went as open, 3 as frozen; the one that was closed is a row already.
        assert_eq!(fold(&books.database).await.unwrap(), rows);
    }
}

#[tokio::test]
async fn what_is_rolled_back_or_refused_is_not_counted() {
    let books = Books::open().await;
    let before = counted(&books, turnover::LAST_DAY).await;
    let tx = books.database.begin().await.unwrap();
    accounts::set_status(&tx, books.customers[0], Closed).await.unwrap();
    tx.rollback().await.unwrap();
    let paid = books.account(500).await;
    let tx = books.database.begin().await.unwrap();
    accounts::set_status(&tx, paid, Closed).await.unwrap_err();
    tx.commit().await.unwrap();
    assert_eq!(counted(&books, turnover::LAST_DAY).await, [(Open, before[0].1 + 1)]);
    assert!(books.verify().await.passed());
}

#[tokio::test]
async fn two_that_fold_while_accounts_open_lose_none() {
    let books = Books::open().await;
    let open = async {
        for _ in 0..20 {
            books.account(0).await;
        }
    };
    let keep_folding = || async {
        for _ in 0..10 {
            fold(&books.database).await.unwrap();
        }
    };
    tokio::join!(open, keep_folding(), keep_folding());
    assert_eq!(counted(&books, turnover::LAST_DAY).await, [(Open, 22)]);
    assert!(books.verify().await.passed());
}

#[tokio::test]
async fn a_count_that_was_edited_removed_or_added_is_found() {
    for attack in [
        "update ledger_account_counts set accounts = accounts + 1",
        "update ledger_account_counts set status = 'closed'",
        "update ledger_account_counts set opened_on = '2001-01-01'",
        "delete from ledger_account_counts",
        "insert into ledger_account_counts select opened_on, 'EUR', code, kind, status, 1 from ledger_account_counts",
    ] {
        let books = Books::open().await;
        books.attack(&[attack]).await;
        let report = books.verify().await;
        assert!(!report.passed(), "{attack}");
        let kinds = found(&report);
        assert!(kinds.iter().all(|(kind, _)| *kind == AccountsMiscounted), "{attack}: {:?}", report.faults);
    }
}
