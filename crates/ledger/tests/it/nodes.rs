use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use kernel::{AccountId, Random, TransferId};
use ledger::{
    AccountStatus, Action, Ledger, LedgerOptions, NewTransfer, Posting, Refusal, SubmitError, Submitted,
    accounts,
};

use crate::stage::{Stage, gbp};
use crate::submit::{receipt, single};

/// Two ledgers on one database are two nodes.
async fn second(stage: &Stage) -> Ledger {
    let options = LedgerOptions { batch_size: 20, ..LedgerOptions::default() };
    let database = stage.database.dedicated(2).await.unwrap();
    Ledger::new(database, stage.clock.clone(), Random::seeded(2), options)
}

fn news(stage: &Stage, accounts: &[AccountId], count: usize) -> Vec<NewTransfer> {
    let random = Random::seeded(7);
    let pick = |except: Option<AccountId>| loop {
        let index = usize::try_from(random.below(accounts.len() as u64)).unwrap();
        if Some(accounts[index]) != except {
            return accounts[index];
        }
    };
    let make = |_| {
        let debit = pick(None);
        let action = Action::Post { debit, credit: pick(Some(debit)), amount: gbp(1) };
        NewTransfer::new(TransferId::generate(stage.clock.now(), &random), action, "test")
    };
    (0..count).map(make).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_given_the_same_keys_post_each_transfer_once() {
    let stage = Stage::new().await;
    let mut accounts = Vec::new();
    for _ in 0..4 {
        accounts.push(stage.account(100_000).await);
    }
    let other = second(&stage).await;
    let news = news(&stage, &accounts, 400);
    let nodes = [&stage.ledger, &other];
    let calls = news.iter().enumerate().flat_map(|(index, new)| {
        nodes.map(|node| {
            let key = format!("k{index}");
            async move { node.submit(single(new.clone(), receipt(&key, "f"))).await }
        })
    });
    let outcomes = join_all(calls).await;
    let mut fresh = 0;
    for outcome in outcomes {
        match outcome.unwrap() {
            Submitted::Decided { items, .. } => fresh += items.iter().filter(|item| item.is_ok()).count(),
            Submitted::Replayed(answer) => assert_eq!(answer.body, "posted"),
        }
    }
    assert_eq!(fresh, 400, "each key is decided once");
    assert_eq!(stage.count("select count(*) from ledger_transfers where code = 'test'").await, 404);
    assert_eq!(stage.count("select count(*) from ledger_receipts").await, 400);
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_pound_is_spent_once_however_many_ask() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(50).await, stage.account(0).await);
    let other = second(&stage).await;
    let nodes = [stage.ledger.clone(), other];
    let calls = (0..200).map(|index| {
        let new = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(1) });
        let (node, database) = (nodes[index % 2].clone(), stage.database.clone());
        tokio::spawn(async move {
            if index % 4 < 3 {
                let submitted = node.submit(single(new, None)).await.unwrap();
                return matches!(submitted, Submitted::Decided { items, .. } if items[0].is_ok());
            }
            let tx = database.begin().await.unwrap();
            let posted = node.post(&tx, &Posting::SYSTEM, &[new]).await.is_ok();
            tx.commit().await.unwrap();
            posted
        })
    });
    let posted = join_all(calls).await.into_iter().filter(|done| *done.as_ref().unwrap()).count();
    assert_eq!(posted, 50);
    assert_eq!(stage.balance(alice).await, (0, 0, 0));
    stage.assert_sound().await;
}

/// On PostgreSQL a batch reads the accounts without a lock; what it has read may be over when it writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_whose_account_changes_before_it_writes_is_decided_anew() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let tx = stage.database.begin().await.unwrap();
    accounts::load_for_update(&tx, alice).await.unwrap();
    let new = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(60) });
    let ledger = stage.ledger.clone();
    let batch = tokio::spawn(async move { ledger.submit(single(new, None)).await });
    wait_for_a_lock(&stage).await;
    accounts::set_status(&tx, alice, AccountStatus::Frozen).await.unwrap();
    tx.commit().await.unwrap();
    let Submitted::Decided { items, .. } = batch.await.unwrap().unwrap() else { panic!("decided") };
    let refusal = items[0].as_ref().expect_err("refused");
    assert_eq!(Refusal::code(refusal), "debit_account_status");
    assert_eq!(stage.balance(alice).await.0, 100);
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_posting_waits_while_the_day_moves_and_is_booked_on_the_next() {
    let stage = Arc::new(Stage::new().await);
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let tomorrow = "2026-03-03".parse().unwrap();
    let tx = stage.database.begin().await.unwrap();
    stage.ledger.advance_business_date(&tx, tomorrow).await.unwrap();
    let posting = tokio::spawn({
        let stage = stage.clone();
        async move {
            let new = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(60) });
            stage.post(&Posting::SYSTEM, &[new]).await.unwrap()
        }
    });
    wait_for_a_lock(&stage).await;
    tx.commit().await.unwrap();
    assert_eq!(posting.await.unwrap()[0].transfer.booked_on, tomorrow);
    stage.assert_sound().await;
}

/// On PostgreSQL a batch reads the day without a lock, and compares it under the journal's when it writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_whose_day_ends_before_it_writes_is_booked_on_the_next() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let today = stage.ledger.business_date(stage.database.latest()).await.unwrap();
    let tomorrow = today.succ_opt().unwrap();
    let tx = stage.database.begin().await.unwrap();
    stage.ledger.advance_business_date(&tx, tomorrow).await.unwrap();
    let new = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(60) });
    let ledger = stage.ledger.clone();
    let batch = tokio::spawn(async move { ledger.submit(single(new, None)).await });
    wait_for_a_lock(&stage).await;
    tx.commit().await.unwrap();
    let Submitted::Decided { items, .. } = batch.await.unwrap().unwrap() else { panic!("decided") };
    assert_eq!(items[0].as_ref().unwrap()[0].transfer.booked_on, tomorrow);
    stage.assert_sound().await;
}

/// Waits until somebody waits for a lock of PostgreSQL's; SQLite's writers wait for one another anyway.
async fn wait_for_a_lock(stage: &Stage) {
    let waiting = "select count(*) from pg_stat_activity \
                   where datname = current_database() and wait_event_type = 'Lock'";
    while stage.database.engine() == database::Engine::Postgres && stage.count(waiting).await == 0 {
        tokio::task::yield_now().await;
    }
}

/// What a lone client waits for, and what a batch costs beside its rows.
#[tokio::test]
async fn a_plain_batch_takes_two_statements_on_postgresql_and_no_transaction() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    if stage.database.engine() == database::Engine::Sqlite {
        return;
    }
    let before = stage.database.statements();
    for _ in 0..3 {
        let new = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(1) });
        stage.ledger.submit(single(new, None)).await.unwrap();
    }
    assert_eq!(stage.database.statements() - before, 6);
    assert_eq!(stage.balance(alice).await.0, 97);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hold_is_captured_once_by_two_nodes() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(1000).await, stage.account(0).await);
    let other = second(&stage).await;
    for _ in 0..10 {
        let hold = stage.make(Action::Hold { debit: alice, credit: bob, amount: gbp(10), expires_at: None });
        stage.post(&Posting::SYSTEM, &[hold.clone()]).await.unwrap();
        let capture = || stage.make(Action::Capture { hold: hold.id, amount: Some(gbp(5)) });
        let calls =
            [&stage.ledger, &other, &stage.ledger, &other].map(|node| node.submit(single(capture(), None)));
        let done = join_all(calls).await;
        let captured = done
            .iter()
            .filter(|done| matches!(done, Ok(Submitted::Decided { items, .. }) if items[0].is_ok()));
        assert_eq!(captured.count(), 1);
    }
    assert_eq!(stage.balance(alice).await, (950, 0, 950));
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_id_used_by_two_nodes_for_two_things_is_posted_once_and_harms_no_other() {
    let stage = Stage::new().await;
    let mut accounts = Vec::new();
    for _ in 0..4 {
        accounts.push(stage.account(1000).await);
    }
    let nodes = [stage.ledger.clone(), second(&stage).await];
    // The nodes share no account, so that no lock keeps them apart: only the unique key does.
    let calls = (0..100_u128).flat_map(|index| {
        let key = format!("k{index}");
        [0, 2].map(|pair| {
            let node = &nodes[pair / 2];
            let action = Action::Post { debit: accounts[pair], credit: accounts[pair + 1], amount: gbp(1) };
            let new = NewTransfer::new(TransferId::from_uuid(uuid::Uuid::from_u128(index)), action, "test");
            let own = single(stage.make(action), receipt(&format!("{key}-{pair}"), "f"));
            let shared = single(new, receipt(&key, &format!("f{pair}")));
            async move { (node.submit(own).await.unwrap(), node.submit(shared).await) }
        })
    });
    let outcomes = join_all(calls).await;
    let (mut posted, mut reused) = (0, 0);
    for (own, shared) in outcomes {
        assert!(matches!(own, Submitted::Decided { items, .. } if items[0].is_ok()));
        match shared {
            Ok(Submitted::Decided { items, .. }) => posted += usize::from(items[0].is_ok()),
            Err(SubmitError::KeyReused) => reused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((posted, reused), (100, 100));
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_day_moves_between_postings_never_within_one() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(1000).await, stage.account(0).await);
    let calls = (0..200).map(|_| {
        let new = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(1) });
        let node = stage.ledger.clone();
        tokio::spawn(async move { node.submit(single(new, None)).await.unwrap() })
    });
    let calls: Vec<_> = calls.collect();
    for day in ["2026-03-03", "2026-03-04"] {
        let tx = stage.database.begin().await.unwrap();
        stage.ledger.advance_business_date(&tx, day.parse().unwrap()).await.unwrap();
        tx.commit().await.unwrap();
    }
    join_all(calls).await;
    let back = "select count(*) from ledger_transfers later join ledger_transfers earlier
        on later.position = earlier.position + 1 where later.booked_on < earlier.booked_on";
    assert_eq!(stage.count(back).await, 0, "the day never goes back along the journal");
    stage.assert_sound().await;
}

#[tokio::test]
async fn the_database_closes_although_a_connection_does_not_come_back() {
    let stage = Stage::new().await;
    let held = stage.database.begin().await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(20), stage.database.close());
    closed.await.expect("whoever stops waits for no lost connection");
    drop(held);
}
