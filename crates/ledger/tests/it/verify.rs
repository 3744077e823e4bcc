//! What the verification must find: each sort of wrong book, named at its first row.

use chrono::Duration;
use kernel::{PageRequest, ProofId};
use ledger::verify::FaultKind::{
    AccountMissing, AccountsMiscounted, BalanceWrong, ClosedWithBalance, CounterWrong, EntryStray,
    HoldDisagrees, PendingWrong, ReferenceWrong, RowChanged, RunningBalanceWrong, SequenceBroken,
    TransferDisagrees, Unbalanced, Unreadable,
};
use ledger::verify::{Fault, FaultKind, Progress, Stage, find_proof, proofs, record};
use ledger::{Action, verify};
use sea_orm::{ConnectionTrait, Statement};

use crate::books::Books;
use crate::stage::gbp;

/// Opens books with deposits, payments, holds in every state and a reversal: position 1 to 13.
async fn lived_in() -> Books {
    let books = Books::with_transfers(6).await;
    let [first, second] = books.customers;
    let expires_at = Some(books.clock.now() + Duration::minutes(1));
    let hold =
        |minor, expires_at| Action::Hold { debit: first, credit: second, amount: gbp(minor), expires_at };
    let captured = books.act(hold(500, None)).await;
    books.act(Action::Capture { hold: captured, amount: Some(gbp(200)) }).await;
    let released = books.act(hold(300, None)).await;
    books.act(Action::Release { hold: released }).await;
    books.act(hold(111, expires_at)).await;
    books.act(hold(222, None)).await;
    let payment = books.act(Action::Post { debit: first, credit: second, amount: gbp(250) }).await;
    books.act(Action::Reverse { transfer: payment }).await;
    books
}

async fn faults(books: &Books) -> Vec<Fault> {
    books.verify().await.faults
}

async fn kinds(books: &Books) -> Vec<FaultKind> {
    faults(books).await.iter().map(|fault| fault.kind).collect()
}

#[tokio::test]
async fn books_that_nobody_touched_verify_before_and_after_a_hold_expires() {
    let books = lived_in().await;
    let report = books.verify().await;
    assert_eq!(report.faults, []);
    assert_eq!((report.accounts, report.chain.rows, report.entries, report.holds), (17, 14, 18, 4));
    assert_eq!(report.totals["GBP"].0, report.totals["GBP"].1);
    books.clock.advance(Duration::hours(1));
    assert_eq!(books.ledger.expire_holds().await.unwrap(), 1);
    books.seal().await;
    assert_eq!(faults(&books).await, []);
}

/// Attacks fresh books in each way, and expects exactly these sorts of fault.
async fn expect(cases: &[(&str, &[FaultKind])]) {
    for (attack, expected) in cases {
        let books = lived_in().await;
        // `{7}` stands for the id of the transfer at position 7.
        let mut sql = (*attack).to_owned();
        for position in 1..=14 {
            let id = format!("(select id from ledger_transfers where position = {position})");
            sql = sql.replace(&format!("{{{position}}}"), &id);
        }
        books.attack(&[&sql]).await;
        let faults = faults(&books).await;
        let kinds: Vec<_> = faults.iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, *expected, "{attack}: {faults:?}");
    }
}

#[tokio::test]
async fn an_account_that_is_not_the_sum_of_its_entries_is_found() {
    let payer = "where id = (select debit_account_id from ledger_transfers where position = 2)";
    let [pending, sequence] = ["debits_pending_minor", "entry_sequence"]
        .map(|column| format!("update ledger_accounts set {column} = {column} + 1 {payer}"));
    expect(&[
        (
            "update ledger_accounts set credits_posted_minor = credits_posted_minor + 1
              where code = 'customer_deposit'",
            &[BalanceWrong],
        ),
        (&pending, &[PendingWrong]),
        (&sequence, &[SequenceBroken]),
        ("update ledger_accounts set spent_month_on = '2026-03-02' where code = 'cash'", &[CounterWrong]),
        (
            "update ledger_accounts set spent_on = '2026-03-02', spent_month_on = '2026-03-01', spent_day_minor = 5
              where code = 'cash'",
            &[CounterWrong],
        ),
    ])
    .await;
}

#[tokio::test]
async fn pending_totals_that_are_wrong_are_named_by_their_account() {
    let books = lived_in().await;
    let [_, second] = books.customers;
    let attack = "update ledger_accounts set credits_pending_minor = credits_pending_minor + 1
        where id = (select credit_account_id from ledger_transfers where position = 2)";
    books.attack(&[attack]).await;
    let faults = faults(&books).await;
    let wrong = Fault {
        kind: PendingWrong,
        row: second.to_string(),
        position: None,
        detail: "pending totals are not the sums of its pending holds (1 such rows)".to_owned(),
        count: 1,
    };
    assert_eq!(faults, [wrong]);
}

#[tokio::test]
async fn an_entry_that_is_not_what_its_transfer_says_is_found() {
    expect(&[
        (
            "update ledger_entries set balance_after_minor = balance_after_minor + 1
              where transfer_id = {2} and direction = 'debit'",
            &[RunningBalanceWrong],
        ),
        (
            "update ledger_entries set reference = 'x' where transfer_id = {4} and direction = 'credit'",
            &[TransferDisagrees],
        ),
        (
            "update ledger_entries set code = 'x' where transfer_id = {4} and direction = 'debit'",
            &[TransferDisagrees],
        ),
        (
            "delete from ledger_entries where transfer_id = {14} and direction = 'credit'",
            &[Unbalanced, TransferDisagrees, SequenceBroken, BalanceWrong],
        ),
        (
            "update ledger_entries set amount_minor = amount_minor + 1
              where transfer_id = {14} and direction = 'debit'",
            &[Unbalanced, TransferDisagrees, RunningBalanceWrong, BalanceWrong],
        ),
        ("delete from ledger_transfers where id = {13}", &[EntryStray, ReferenceWrong]),
    ])
    .await;
}

#[tokio::test]
async fn holds_and_references_that_contradict_the_journal_are_found() {
    expect(&[
        ("update ledger_transfers set currency = 'EUR' where id = {3}", &[AccountMissing]),
        (
            "update ledger_holds set state = 'released', resolved_by = id where id = {12}",
            &[HoldDisagrees, PendingWrong],
        ),
        (
            "update ledger_holds set amount_minor = amount_minor + 1 where id = {12}",
            &[HoldDisagrees, PendingWrong],
        ),
        ("delete from ledger_holds where id = {12}", &[HoldDisagrees, PendingWrong]),
        ("update ledger_transfers set of_transfer_id = {1} where position = 14", &[ReferenceWrong]),
        (
            "update ledger_transfers set debit_sequence = null, credit_sequence = null, kind = 'pending',
             of_transfer_id = null where id = {13}",
            &[EntryStray, HoldDisagrees, ReferenceWrong],
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_entry_without_account_and_a_closed_account_with_money_are_found() {
    let books = Books::with_transfers(4).await;
    let [first, second] = books.customers;
    let drop_check = match books.database.engine() {
        database::Engine::Postgres => {
            "alter table ledger_accounts drop constraint ledger_accounts_closed_check"
        }
        database::Engine::Sqlite => "create table ignored (id integer)",
    };
    books.database.primary().execute_unprepared(drop_check).await.unwrap();
    if books.database.engine() == database::Engine::Sqlite {
        // One connection writes, so the pragma holds for the attack.
        let pragma = "pragma ignore_check_constraints = on";
        books.database.primary().execute_unprepared(pragma).await.unwrap();
    }
    books.attack(&["update ledger_accounts set status = 'closed' where code = 'customer_deposit'"]).await;
    let found = faults(&books).await;
    assert_eq!(
        found.iter().map(|fault| (fault.kind, fault.count)).collect::<Vec<_>>(),
        [(ClosedWithBalance, 2), (AccountsMiscounted, 2)],
        "as many as are closed, and as are not open"
    );
    assert_eq!(found[0].row, first.min(second).to_string(), "the first by id is named");
    books.attack(&["delete from ledger_accounts where code = 'customer_deposit'"]).await;
    let found = kinds(&books).await;
    assert!(found.contains(&AccountMissing) && found.contains(&Unbalanced), "{found:?}");
}

/// Writes an entry of an account that never was; entries are read in the order of accounts.
async fn stray_entry(books: &Books, account: u128) {
    let sql = "insert into ledger_entries (account_id, sequence, transfer_id, direction, amount_minor,
        balance_after_minor, counterparty_account_id, code, reference, booked_at, effective_on)
        values ($1, 1, $1, 'debit', 5, 5, $1, '', '', '2026-03-02T10:00:00Z', '2026-03-02')";
    let connection = books.database.primary();
    let values = [uuid::Uuid::from_u128(account).into()];
    let insert = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    connection.execute_raw(insert).await.unwrap();
}

#[tokio::test]
async fn entries_before_and_behind_all_accounts_are_counted_and_named() {
    let books = Books::with_transfers(2).await;
    for account in [1, u128::MAX] {
        stray_entry(&books, account).await;
    }
    let report = books.verify().await;
    assert_eq!(report.entries, 6);
    let missing = report.faults.iter().find(|fault| fault.kind == AccountMissing).unwrap();
    let first = kernel::AccountId::from_uuid(uuid::Uuid::from_u128(1));
    assert_eq!((missing.row.clone(), missing.count), (format!("{first} entry 1"), 2));
    assert_eq!(missing.detail, "no such account exists");
}

#[tokio::test]
async fn what_cannot_be_read_is_a_fault_and_not_a_failure() {
    let books = Books::with_transfers(3).await;
    books.sign().await;
    if books.database.engine() == database::Engine::Postgres {
        return; // Its columns hold nothing that cannot be read.
    }
    let pragma = "pragma ignore_check_constraints = on";
    books.database.primary().execute_unprepared(pragma).await.unwrap();
    books
        .attack(&[
            "update ledger_transfers set booked_at = 'noon' where position = 2",
            "update ledger_entries set direction = 'sideways' where sequence = 3",
            "update ledger_accounts set kind = 'fog' where code = 'suspense'",
        ])
        .await;
    let found = kinds(&books).await;
    assert!(found.contains(&RowChanged) && found.contains(&Unreadable), "{found:?}");
}

#[tokio::test]
async fn progress_is_told_and_the_outcome_is_kept() {
    let books = lived_in().await;
    books.sign().await;
    let mut stages = Vec::new();
    let mut progress = |progress: Progress| {
        assert!(progress.done <= progress.total);
        stages.push((progress.stage, progress.done));
    };
    let report = verify(&books.database, &books.options(), &mut progress).await.unwrap();
    let references = [0, 4].map(|done| (Stage::References, done));
    assert_eq!(stages[..2], [(Stage::Balances, 18), (Stage::Chain, 14)]);
    assert_eq!(stages[2..], references);
    books.attack(&["update ledger_transfers set reference = 'x' where position = 2"]).await;
    let wrong = books.verify().await;
    for report in [&report, &wrong] {
        let started = books.clock.now();
        books.clock.advance(Duration::seconds(1));
        let id = ProofId::generate(books.clock.now(), &books.random);
        let tx = books.database.begin().await.unwrap();
        record(&tx, id, report, (started, books.clock.now())).await.unwrap();
        tx.commit().await.unwrap();
    }
    let page = PageRequest { limit: 1, after: None };
    let newest = proofs(books.database.read(), &page).await.unwrap();
    assert!(!newest.items[0].passed && newest.items[0].faults > 0);
    let first = newest.items[0].first_fault.as_deref().unwrap();
    assert!(first.starts_with("row_changed at trf_"), "{first}");
    let older = proofs(books.database.read(), &PageRequest { after: newest.next, ..page }).await.unwrap();
    let proof = &older.items[0];
    assert_eq!(find_proof(books.database.read(), proof.id).await.unwrap().as_ref(), Some(proof));
    assert_eq!((proof.passed, proof.transfers, proof.sealed_through, proof.unsealed), (true, 14, 14, 0));
    assert_eq!((proof.checkpoints, older.next), (2, None));
}
