use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt;
use kernel::AccountId;
use ledger::receipts::{ReceiptKey, digest};
use ledger::{
    Action, Answer, AnswerFn, ItemOutcome, LedgerOptions, NewTransfer, Receipt, Refusal, Submission,
    SubmitError, Submitted, accounts, receipts,
};

use crate::stage::{Stage, customer, gbp};

fn answer(items: &[ItemOutcome]) -> Answer {
    let codes: Vec<_> =
        items.iter().map(|item| item.as_ref().map_or_else(Refusal::code, |_| "posted")).collect();
    Answer { status: if codes.contains(&"posted") { 201 } else { 422 }, body: codes.join(",") }
}

pub(crate) fn receipt(key: &str, fingerprint: &str) -> Receipt {
    Receipt { key: named(key, fingerprint), answer: Arc::new(answer), shows_transfer: false }
}

fn named(key: &str, fingerprint: &str) -> ReceiptKey {
    ReceiptKey::new("usr:transfers", key, digest(&[fingerprint.as_bytes()]))
}

fn pay(stage: &Stage, debit: AccountId, credit: AccountId, minor: i64) -> NewTransfer {
    stage.make(Action::Post { debit, credit, amount: gbp(minor) })
}

pub(crate) fn single(new: NewTransfer, receipt: impl Into<Option<Receipt>>) -> Submission {
    Submission { receipt: receipt.into(), ..Submission::new(customer(), vec![vec![new]]) }
}

#[tokio::test]
async fn items_are_decided_in_order_each_by_itself() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let items = vec![
        vec![pay(&stage, alice, bob, 60)],
        vec![pay(&stage, alice, bob, 60)],
        vec![pay(&stage, bob, alice, 30), pay(&stage, bob, alice, 31)],
        vec![pay(&stage, alice, bob, 40)],
    ];
    let submission = Submission { receipt: Some(receipt("k", "f")), ..Submission::new(customer(), items) };
    let Submitted::Decided { items, answer } = stage.ledger.submit(submission.clone()).await.unwrap() else {
        panic!("not decided");
    };
    let answer = answer.unwrap();
    assert_eq!(answer.body, "posted,insufficient_funds,insufficient_funds,posted");
    let available = gbp(30);
    assert_eq!(items[2], Err(Refusal::InsufficientFunds { account: bob, available, asked: gbp(31) }));
    assert_eq!(stage.balance(alice).await, (0, 0, 0));
    assert_eq!(stage.ledger.submit(submission).await, Ok(Submitted::Replayed(answer)));
    assert_eq!(stage.count("select count(*) from ledger_transfers").await, 3);
    stage.assert_sound().await;
}

#[tokio::test]
async fn a_repeated_key_gets_its_answer_and_another_request_is_refused() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let poor = pay(&stage, alice, bob, 101);
    let first = stage.ledger.submit(single(poor.clone(), receipt("k", "f"))).await.unwrap();
    let Submitted::Decided { answer: Some(answer), .. } = first else { panic!("not decided") };
    assert_eq!((answer.status, answer.body.as_str()), (422, "insufficient_funds"));
    // A refusal is stored too: the money that came since does not change the answer.
    stage.account(0).await;
    let again = stage.ledger.submit(single(poor, receipt("k", "f"))).await;
    assert_eq!(again, Ok(Submitted::Replayed(answer.clone())));
    let other = stage.ledger.submit(single(pay(&stage, alice, bob, 1), receipt("k", "g"))).await;
    assert_eq!(other, Err(SubmitError::KeyReused));
    let stored = receipts::find(stage.database.read(), named("k", "f")).await.unwrap().unwrap();
    assert_eq!(stored.answer(), Some(answer.clone()));
    let tx = stage.database.begin().await.unwrap();
    let name = named("k", "f");
    assert!(!receipts::claim(&tx, name, stage.clock.now()).await.unwrap());
    let tomorrow = stage.clock.now() + chrono::Duration::days(1);
    assert_eq!(receipts::forget_before(&tx, stage.clock.now()).await.unwrap(), 0);
    assert_eq!(receipts::forget_before(&tx, tomorrow).await.unwrap(), 1);
    assert!(receipts::claim(&tx, name, stage.clock.now()).await.unwrap());
    receipts::answer(&tx, name, &answer).await.unwrap();
    assert_eq!(receipts::find(&tx, name).await.unwrap(), Some(stored));
    receipts::release(&tx, name).await.unwrap();
    assert_eq!(receipts::find(&tx, name).await.unwrap(), None);
}

#[tokio::test]
async fn what_was_judged_before_a_right_changed_is_not_done_and_leaves_no_answer() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let seen = accounts::access_versions(stage.database.read(), &[alice, bob]).await.unwrap();
    assert_eq!(seen.len(), 2);
    let new = pay(&stage, alice, bob, 1);
    let judged = Submission { seen, ..single(new, receipt("k", "f")) };
    assert!(stage.ledger.submit(judged.clone()).await.is_ok());
    let tx = stage.database.begin().await.unwrap();
    accounts::raise_access_version(&tx, bob).await.unwrap();
    tx.commit().await.unwrap();
    let replayed = stage.ledger.submit(judged.clone()).await;
    assert!(matches!(replayed, Ok(Submitted::Replayed(_))), "what was answered stays answered: {replayed:?}");
    let outdated = Submission { receipt: Some(receipt("l", "f")), ..judged };
    assert_eq!(stage.ledger.submit(outdated).await, Err(SubmitError::AccessChanged));
    assert_eq!(receipts::find(stage.database.read(), named("l", "f")).await.unwrap(), None);
    assert_eq!(stage.balance(bob).await.0, 1);
}

#[tokio::test]
async fn an_answer_that_shows_one_transfer_is_made_again_from_the_journal() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let shown: AnswerFn = Arc::new(|items| Answer { status: 201, body: format!("{items:?}") });
    let shows = |key| Receipt { key: named(key, "f"), answer: shown.clone(), shows_transfer: true };
    let (one, two) = (pay(&stage, alice, bob, 1), pay(&stage, alice, bob, 2));
    let linked = Submission {
        receipt: Some(shows("linked")),
        ..Submission::new(customer(), vec![vec![pay(&stage, alice, bob, 3), pay(&stage, alice, bob, 4)]])
    };
    let asked = [
        (single(one.clone(), shows("made")), 0),
        (linked, 1),
        (single(one, shows("made before")), 1),
        (single(pay(&stage, alice, bob, 1_000), shows("refused")), 1),
        (single(two, receipt("whole", "f")), 1),
    ];
    for (submission, stored) in asked {
        let key = submission.receipt.as_ref().map(|receipt| receipt.key).unwrap();
        let first = stage.ledger.submit(submission.clone()).await.unwrap();
        let Submitted::Decided { answer: Some(answer), .. } = first else { panic!("{first:?}") };
        let again = stage.ledger.submit(submission.clone()).await;
        assert_eq!(again, Ok(Submitted::Replayed(answer.clone())), "{key:?}");
        let receipt = receipts::find(stage.database.read(), key).await.unwrap().unwrap();
        assert_eq!(receipt.answer(), (stored == 1).then(|| answer.clone()));
        assert_eq!(receipt.answer_by(&submission.receipt.unwrap().answer), answer);
    }
    let texts = "select count(*) from ledger_receipts where answer <> ''";
    assert_eq!(stage.count(texts).await, 4);
}

#[tokio::test]
async fn twins_in_one_batch_are_posted_once() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let new = pay(&stage, alice, bob, 10);
    let calls = (0..20).map(|_| stage.ledger.submit(single(new.clone(), receipt("k", "f"))));
    let outcomes = futures_util::future::join_all(calls).await;
    let decided = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Submitted::Decided { .. }))).count();
    let replayed = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Submitted::Replayed(_)))).count();
    assert_eq!((decided, replayed), (1, 19));
    assert_eq!(stage.balance(bob).await.0, 10);
}

#[tokio::test]
async fn a_full_queue_says_so_at_once_and_stopping_drains_it() {
    let options = LedgerOptions { queue_size: 3, ..LedgerOptions::default() };
    let stage = Stage::with(options).await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let calls: Vec<_> =
        (0..5).map(|_| stage.ledger.submit(single(pay(&stage, alice, bob, 1), None))).collect();
    // All are polled before the writer runs: three find a place.
    let stopped = async { stage.ledger.stop().await };
    let (outcomes, ()) = futures_util::future::join(futures_util::future::join_all(calls), stopped).await;
    let full =
        outcomes.iter().filter(|outcome| matches!(outcome, Err(SubmitError::Overloaded { .. }))).count();
    assert_eq!(full, 2);
    assert_eq!(stage.balance(bob).await.0, 3);
    let late = stage.ledger.submit(single(pay(&stage, alice, bob, 1), None)).await;
    assert_eq!(late, Err(SubmitError::Stopped));
    stage.ledger.stop().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_take_the_work_along() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let submission = single(pay(&stage, alice, bob, 10), receipt("k", "f"));
    assert!(stage.ledger.submit(submission).now_or_never().is_none(), "it is queued, and nobody waits");
    stage.ledger.stop().await;
    assert_eq!(stage.balance(bob).await.0, 10);
}

#[tokio::test]
async fn one_that_cannot_be_written_does_not_harm_the_others() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let mut broken = receipt("bad", "f");
    broken.answer = Arc::new(|_| panic!("an answer that cannot be made"));
    let calls = [
        single(pay(&stage, alice, bob, 1), receipt("one", "f")),
        single(pay(&stage, alice, bob, 2), broken),
        single(pay(&stage, alice, bob, 4), receipt("two", "f")),
    ];
    let outcomes =
        futures_util::future::join_all(calls.into_iter().map(|call| stage.ledger.submit(call))).await;
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert!(matches!(outcomes[1], Err(SubmitError::Storage(_))));
    assert_eq!(stage.balance(bob).await.0, 5);
    stage.assert_sound().await;
}

#[tokio::test]
async fn one_that_cannot_be_written_and_came_alone_is_not_tried_again() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let (counted, mut broken) = (Arc::new(AtomicU32::new(0)), receipt("bad", "f"));
    let count = counted.clone();
    broken.answer = Arc::new(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        panic!("an answer that cannot be made")
    });
    let ended = stage.ledger.submit(single(pay(&stage, alice, bob, 2), broken)).await;
    assert!(matches!(ended, Err(SubmitError::Storage(_))));
    assert_eq!(counted.load(Ordering::Relaxed), 1);
    assert_eq!(stage.balance(bob).await.0, 0);
}

/// Returns how many statements a submission costs.
async fn cost(stage: &Stage, submission: Submission) -> u64 {
    let before = stage.database.statements();
    stage.ledger.submit(submission).await.unwrap();
    stage.database.statements() - before
}

#[tokio::test]
async fn a_batch_costs_little_until_somebody_repeats_a_request() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let pay = |minor, key| single(pay(&stage, alice, bob, minor), receipt(key, "f"));
    let (first, refused) = (pay(1, "first"), pay(1_000, "refused"));
    cost(&stage, first.clone()).await;
    let usual = cost(&stage, pay(1, "second")).await;
    let is_postgres = stage.database.engine() == database::Engine::Postgres;
    let costs = (usual, cost(&stage, refused).await);
    // PostgreSQL reads and writes; a refusal also looks whether it was made before. SQLite writes by prepared rows.
    assert_eq!(costs, if is_postgres { (2, 3) } else { (8, 4) });
    assert_eq!(cost(&stage, pay(1, "third")).await, usual, "a refusal is nothing to be careful about");
    cost(&stage, first).await;
    assert!(cost(&stage, pay(1, "fourth")).await > usual, "ids and keys are looked up from now on");
}

#[tokio::test]
async fn a_batch_places_captures_and_reverses_in_order() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let hold = stage.make(Action::Hold { debit: alice, credit: bob, amount: gbp(80), expires_at: None });
    let capture = stage.make(Action::Capture { hold: hold.id, amount: Some(gbp(50)) });
    let reverse = stage.make(Action::Reverse { transfer: capture.id });
    let again = stage.make(Action::Release { hold: hold.id });
    let calls = [hold, capture, reverse, again].map(|new| stage.ledger.submit(single(new, None)));
    let codes: Vec<_> = futures_util::future::join_all(calls)
        .await
        .into_iter()
        .map(|done| match done.unwrap() {
            Submitted::Decided { items, .. } => items[0].as_ref().map_or_else(Refusal::code, |_| "posted"),
            Submitted::Replayed(_) => "replayed",
        })
        .collect();
    assert_eq!(codes, ["posted", "posted", "posted", "hold_not_pending"]);
    assert_eq!(stage.balance(alice).await, (100, 0, 100));
    stage.assert_sound().await;
}
