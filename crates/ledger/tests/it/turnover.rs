//! What the sums of each day must say: the same as the journal, sealed or not, and found out when they do not.

use chrono::NaiveDate;
use ledger::seal::{Journal, seal};
use ledger::trial::{TrialLine, trial_balance};
use ledger::turnover::{Turnover, between, until_and_all};
use ledger::verify::FaultKind::TurnoverWrong;
use ledger::{Action, Posting, Submission, Submitted};
use sea_orm::{ConnectionTrait, Statement};

use crate::books::{Books, found};
use crate::stage::gbp;

async fn turnover(books: &Books) -> Vec<Turnover> {
    let tx = books.database.snapshot().await.unwrap();
    between(&tx, (NaiveDate::default(), "2999-12-31".parse().unwrap())).await.unwrap()
}

async fn as_of(books: &Books, day: Option<&str>) -> Vec<TrialLine> {
    let tx = books.database.snapshot().await.unwrap();
    let lines = trial_balance(&tx, day.map(|day| day.parse().unwrap())).await.unwrap();
    lines.into_iter().filter(|line| line.debits_minor + line.credits_minor > 0).collect()
}

/// Sums what the accounts themselves say.
async fn by_account(books: &Books) -> (i128, i128) {
    let sql = "select cast(sum(debits_posted_minor) as bigint) as debits,
                      cast(sum(credits_posted_minor) as bigint) as credits from ledger_accounts";
    let db = books.database.read();
    let row =
        db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
    let sum = |column| i128::from(row.try_get::<i64>("", column).unwrap());
    (sum("debits"), sum("credits"))
}

#[tokio::test]
async fn sealing_changes_nothing_of_what_the_days_and_the_balance_say() {
    let books = Books::with_transfers(7).await;
    let (unsealed, now) = (turnover(&books).await, as_of(&books, None).await);
    assert_eq!(unsealed.iter().map(|one| one.transfers).sum::<i64>(), 7);
    for more in [0, 3] {
        books.pay(more).await;
        let before = (turnover(&books).await, as_of(&books, Some("2999-12-31")).await);
        assert_eq!(before.1, as_of(&books, None).await);
        let moved = before.1.iter().map(|line| (line.debits_minor, line.credits_minor));
        let sum = moved.fold((0, 0), |sum, line| (sum.0 + line.0, sum.1 + line.1));
        assert_eq!(sum, by_account(&books).await, "by day as by account");
        books.seal().await;
        assert_eq!((turnover(&books).await, as_of(&books, Some("2999-12-31")).await), before);
    }
    assert_ne!(as_of(&books, None).await, now);
    assert_eq!(as_of(&books, Some("1999-12-31")).await, []);
    assert!(books.verify().await.passed());
}

#[tokio::test]
async fn a_days_turnover_sums_all_lines_and_the_days_before_stand_beside_everything() {
    let books = Books::open().await;
    let [first, second] = books.customers;
    let yesterday = books.clock.now().date_naive().pred_opt().unwrap();
    for (debit, credit, minor) in [(books.cash, first, 500), (first, second, 30), (second, first, 7)] {
        books.act(Action::Post { debit, credit, amount: gbp(minor) }).await;
    }
    let mut late = books.make(Action::Post { debit: books.cash, credit: second, amount: gbp(90) });
    late.effective_on = Some(yesterday);
    books.post(&Posting::SYSTEM, &[late]).await.unwrap();
    for is_sealed in [false, true] {
        let shown = turnover(&books).await;
        let shown: Vec<_> = shown.iter().map(|one| (one.transfers, one.amount_minor)).collect();
        assert_eq!(shown, [(1, 90), (3, 537)], "one line for each day, sealed: {is_sealed}");
        let tx = books.database.snapshot().await.unwrap();
        let (then, all) = until_and_all(&tx, yesterday).await.unwrap();
        let sums = |lines: &[TrialLine]| -> Vec<_> {
            lines.iter().map(|line| (line.code.clone(), line.debits_minor, line.credits_minor)).collect()
        };
        let (cash, deposits) = ("cash".to_owned(), "customer_deposit".to_owned());
        assert_eq!(sums(&then), [(cash.clone(), 90, 0), (deposits.clone(), 0, 90)]);
        let mut all = sums(&all);
        all.sort();
        assert_eq!(all, [(cash, 590, 0), (deposits, 37, 627)]);
        drop(tx);
        books.seal().await;
    }
}

#[tokio::test]
async fn two_sealers_at_once_count_each_transfer_once() {
    let books = Books::with_transfers(9).await;
    let before = turnover(&books).await;
    tokio::join!(books.seal(), books.seal());
    assert_eq!(turnover(&books).await, before);
    assert!(books.verify().await.passed());
}

#[tokio::test]
async fn a_sum_that_was_edited_removed_or_added_is_found() {
    for attack in [
        "update ledger_turnovers set transfers = transfers + 1",
        "update ledger_turnovers set amount_lower = amount_lower - 1",
        "update ledger_turnovers set code = 'gift'",
        "delete from ledger_turnovers",
        "insert into ledger_turnovers select effective_on, 'EUR', code, debit_code, debit_kind,
           credit_code, credit_kind, 1, 0, 1 from ledger_turnovers",
    ] {
        let books = Books::with_transfers(4).await;
        books.seal().await;
        books.attack(&[attack]).await;
        let report = books.verify().await;
        assert!(
            found(&report).iter().all(|(kind, _)| *kind == TurnoverWrong),
            "{attack}: {:?}",
            report.faults
        );
        assert!(!report.passed(), "{attack}");
    }
}

/// Pays between the customers through the group commit.
async fn submit(books: &Books) {
    let [debit, credit] = books.customers;
    let new = books.make(Action::Post { debit, credit, amount: gbp(1) });
    let submitted = books.ledger.submit(Submission::new(Posting::SYSTEM, vec![vec![new]])).await.unwrap();
    assert!(matches!(submitted, Submitted::Decided { items, .. } if items[0].is_ok()));
}

#[tokio::test]
async fn who_has_written_transfers_looks_up_none_of_their_accounts_to_seal_them() {
    let books = Books::with_transfers(1).await;
    let mut costs = Vec::new();
    for remembers in [false, true] {
        submit(&books).await;
        let (sums, before) = (turnover(&books).await, books.database.statements());
        let now = books.clock.now();
        let sealed = if remembers {
            books.ledger.seal(now).await
        } else {
            seal::<Journal>(&books.database, now).await
        };
        assert!(sealed.unwrap().rows > 0);
        costs.push(books.database.statements() - before);
        assert_eq!(turnover(&books).await, sums);
    }
    // The first block held a deposit too, whose two lines are others.
    assert_eq!(costs[0], costs[1] + 2);
    assert!(books.verify().await.passed());
}
