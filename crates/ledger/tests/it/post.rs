use ledger::{
    AccountStatus, Action, Authority, HoldState, Month, PeriodError, PostError, Posting, Refusal,
    SpendingLimits, accounts, linked, trial::trial_balance,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::stage::{Stage, at, customer, gbp, staff};

#[tokio::test]
async fn a_transfer_moves_money_and_stands_on_both_accounts() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(1000).await, stage.account(0).await);
    let mut new = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(250) });
    new.reference = "rent, März".to_owned();
    new.metadata = Some(r#"{"a":1}"#.to_owned());
    let posted = stage.post(&customer(), &[new.clone()]).await.unwrap();
    assert!(!posted[0].already);
    assert_eq!(stage.balance(alice).await, (750, 0, 750));
    assert_eq!(stage.balance(bob).await, (250, 0, 250));
    let entries = ledger::entry::ledger_entry::Entity::find()
        .filter(ledger::entry::ledger_entry::Column::AccountId.eq(alice))
        .order_by_asc(ledger::entry::ledger_entry::Column::Sequence)
        .all(stage.database.read())
        .await
        .unwrap();
    let shown: Vec<_> = entries.iter().map(|entry| (entry.sequence, entry.balance_after_minor)).collect();
    assert_eq!(shown, [(1, 1000), (2, 750)]);
    assert_eq!((entries[1].counterparty_account_id, entries[1].reference.as_str()), (bob, "rent, März"));
    let again = stage.post(&customer(), &[new.clone()]).await.unwrap();
    assert!(again[0].already && again[0].transfer.position > 0);
    let row = ledger::Transfer { position: 0, ..again[0].transfer.clone() };
    assert_eq!(row, posted[0].transfer, "what the journal holds is what was answered");
    new.reference.clear();
    assert_eq!(stage.post(&customer(), &[new.clone()]).await, Err(Refusal::IdReused { id: new.id }));
    stage.assert_sound().await;
}

#[tokio::test]
async fn a_refusal_writes_nothing_and_the_transaction_goes_on() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let good = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(60) });
    let bad = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(41) });
    let tx = stage.database.begin().await.unwrap();
    let both = stage.ledger.post(&tx, &customer(), &[good.clone(), bad]).await;
    assert_eq!(both.unwrap_err().to_string(), "insufficient funds");
    stage.ledger.post(&tx, &customer(), &[good]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(stage.balance(alice).await, (40, 0, 40));
    stage.assert_sound().await;
}

#[tokio::test]
async fn a_hold_is_captured_in_part_and_the_rest_is_released() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(1000).await, stage.account(0).await);
    let hold = stage.make(Action::Hold { debit: alice, credit: bob, amount: gbp(600), expires_at: None });
    stage.post(&customer(), &[hold.clone()]).await.unwrap();
    assert_eq!(stage.balance(alice).await, (1000, 600, 400));
    let capture = stage.make(Action::Capture { hold: hold.id, amount: Some(gbp(450)) });
    stage.post(&Posting::SYSTEM, &[capture.clone()]).await.unwrap();
    assert_eq!(stage.balance(alice).await, (550, 0, 550));
    assert_eq!(stage.balance(bob).await, (450, 0, 450));
    assert!(stage.post(&Posting::SYSTEM, &[capture.clone()]).await.unwrap()[0].already);
    let late = stage.make(Action::Release { hold: hold.id });
    let refused = Refusal::HoldNotPending { id: hold.id, state: HoldState::Captured };
    assert_eq!(stage.post(&Posting::SYSTEM, &[late]).await, Err(refused));
    let back = stage.make(Action::Reverse { transfer: capture.id });
    stage.post(&staff(Authority::Staff), &[back.clone()]).await.unwrap();
    assert_eq!(stage.balance(alice).await, (1000, 0, 1000));
    let twice = stage.make(Action::Reverse { transfer: capture.id });
    let refused = Refusal::AlreadyReversed { id: capture.id, by: back.id };
    assert_eq!(stage.post(&staff(Authority::Staff), &[twice]).await, Err(refused));
    stage.assert_sound().await;
}

#[tokio::test]
async fn an_overdue_hold_is_given_back_by_the_next_posting_or_the_job() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(1000).await, stage.account(0).await);
    let expires_at = Some(at("2026-03-02T10:00:05.5Z"));
    let hold =
        |amount| stage.make(Action::Hold { debit: alice, credit: bob, amount: gbp(amount), expires_at });
    let (first, second) = (hold(900), hold(100));
    stage.post(&customer(), &[first.clone()]).await.unwrap();
    stage.post(&customer(), &[second]).await.unwrap();
    let pay = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(1000) });
    assert!(matches!(stage.post(&customer(), &[pay.clone()]).await, Err(Refusal::InsufficientFunds { .. })));
    assert_eq!(stage.ledger.expire_holds().await.unwrap(), 0);
    stage.clock.move_to(at("2026-03-02T10:00:05.5Z"));
    let capture = stage.make(Action::Capture { hold: first.id, amount: None });
    let refused = Refusal::HoldExpired { id: first.id, expired_at: at("2026-03-02T10:00:05.5Z") };
    assert_eq!(stage.post(&Posting::SYSTEM, &[capture]).await, Err(refused));
    stage.post(&customer(), &[pay]).await.unwrap();
    assert_eq!(stage.balance(alice).await, (0, 0, 0));
    assert_eq!(stage.count("select count(*) from ledger_holds where state = 'expired'").await, 2);
    let carol = stage.account(50).await;
    let expires_at = Some(at("2026-03-02T11:00:00Z"));
    let hold = stage.make(Action::Hold { debit: carol, credit: bob, amount: gbp(50), expires_at });
    stage.post(&customer(), &[hold]).await.unwrap();
    stage.clock.move_to(at("2026-03-02T11:00:00Z"));
    assert_eq!(stage.ledger.expire_holds().await.unwrap(), 1);
    assert_eq!(stage.balance(carol).await, (50, 0, 50));
    stage.assert_sound().await;
}

#[tokio::test]
async fn a_linked_hold_is_captured_whole_and_reversed_whole() {
    let stage = Stage::new().await;
    let (alice, bob, carol) = (stage.account(1000).await, stage.account(0).await, stage.account(0).await);
    let hold = |credit| stage.make(Action::Hold { debit: alice, credit, amount: gbp(100), expires_at: None });
    let (to_bob, to_carol) = (hold(bob), hold(carol));
    let both = [to_bob.clone(), to_carol.clone()];
    let posted = stage.post(&customer(), &both).await.unwrap();
    assert!(posted.iter().all(|posted| posted.transfer.group_id == Some(to_bob.id)));
    let capture = |hold| stage.make(Action::Capture { hold, amount: None });
    let (one, two) = (capture(to_bob.id), capture(to_carol.id));
    let refused = Refusal::GroupIncomplete { id: to_bob.id, missing: to_carol.id };
    assert_eq!(stage.post(&Posting::SYSTEM, &[one.clone()]).await, Err(refused));
    stage.post(&Posting::SYSTEM, &[one.clone(), two.clone()]).await.unwrap();
    assert_eq!(stage.balance(alice).await, (800, 0, 800));
    let reverse = |transfer| stage.make(Action::Reverse { transfer });
    let back_two = reverse(two.id);
    let refused = Refusal::GroupIncomplete { id: two.id, missing: one.id };
    assert_eq!(stage.post(&staff(Authority::Staff), &[back_two.clone()]).await, Err(refused));
    let (read, id) = (stage.database.primary(), stage.id());
    let whole = linked::reversals(id, &linked::group(read, two.id).await.unwrap(), "reversal");
    assert_eq!((whole.len(), whole[0].id), (2, id));
    stage.post(&staff(Authority::Staff), &whole).await.unwrap();
    assert_eq!(stage.balance(alice).await, (1000, 0, 1000));
    assert!(stage.post(&staff(Authority::Staff), &whole).await.unwrap()[1].already);
    assert!(stage.post(&customer(), &both).await.unwrap().iter().all(|posted| posted.already));
    stage.assert_sound().await;
}

#[tokio::test]
async fn spending_limits_follow_the_business_day() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(10_000).await, stage.account(0).await);
    let tx = stage.database.begin().await.unwrap();
    let limits = SpendingLimits { largest: None, day: Some(gbp(100)), month: Some(gbp(150)) };
    accounts::set_limits(&tx, alice, limits).await.unwrap();
    tx.commit().await.unwrap();
    let pay = |minor| stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(minor) });
    stage.post(&customer(), &[pay(100)]).await.unwrap();
    let refused = stage.post(&customer(), &[pay(1)]).await.unwrap_err();
    assert_eq!(refused, Refusal::DayLimitExceeded { limit: gbp(100), spent: gbp(100), asked: gbp(1) });
    let tx = stage.database.begin().await.unwrap();
    stage.ledger.advance_business_date(&tx, "2026-03-03".parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    let refused = stage.post(&customer(), &[pay(51)]).await.unwrap_err();
    assert_eq!(refused, Refusal::MonthLimitExceeded { limit: gbp(150), spent: gbp(100), asked: gbp(51) });
    stage.post(&customer(), &[pay(50)]).await.unwrap();
    stage.clock.move_to(at("2026-04-01T00:00:00Z"));
    assert!(stage.post(&customer(), &[pay(1)]).await.is_err(), "the day does not follow the clock any more");
    let tx = stage.database.begin().await.unwrap();
    stage.ledger.advance_business_date(&tx, "2026-04-01".parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    stage.post(&customer(), &[pay(100)]).await.unwrap();
    stage.assert_sound().await;
}

#[tokio::test]
async fn a_closed_month_takes_no_posting_and_two_persons_close_it() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(1000).await, stage.account(0).await);
    let mut old = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(1) });
    old.effective_on = Some("2026-02-10".parse().unwrap());
    let past = stage.post(&customer(), &[old.clone()]).await.unwrap_err();
    assert_eq!(past.code(), "effective_in_past");
    stage.post(&staff(Authority::Staff), &[old.clone()]).await.unwrap();
    let (one, two) = (staff(Authority::Staff).actor, customer().actor);
    let month: Month = "2026-02".parse().unwrap();
    let tx = stage.database.begin().await.unwrap();
    let close = |month, by| stage.ledger.close_period(&tx, month, by, two);
    assert!(matches!(close(month, two).await, Err(PeriodError::SamePerson)));
    assert!(matches!(close("2026-03".parse().unwrap(), one).await, Err(PeriodError::MonthNotOver { .. })));
    close(month, one).await.unwrap();
    assert!(matches!(close(month, one).await, Err(PeriodError::AlreadyClosed { .. })));
    tx.commit().await.unwrap();
    assert!(stage.post(&staff(Authority::Staff), &[old.clone()]).await.unwrap()[0].already);
    old.id = stage.id();
    let refused = stage.post(&staff(Authority::Staff), &[old.clone()]).await;
    assert_eq!(refused, Err(Refusal::MonthClosed { month }));
    stage.post(&staff(Authority::Import), &[old]).await.unwrap();
}

#[tokio::test]
async fn an_account_with_a_hold_is_not_closed() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let hold = stage.make(Action::Hold { debit: alice, credit: bob, amount: gbp(100), expires_at: None });
    stage.post(&customer(), &[hold.clone()]).await.unwrap();
    for id in [alice, bob] {
        let tx = stage.database.begin().await.unwrap();
        let refused = accounts::set_status(&tx, id, AccountStatus::Closed).await;
        assert!(matches!(refused, Err(ledger::AccountError::NotSettled { .. })));
    }
    stage.post(&customer(), &[stage.make(Action::Release { hold: hold.id })]).await.unwrap();
    let tx = stage.database.begin().await.unwrap();
    accounts::set_status(&tx, bob, AccountStatus::Closed).await.unwrap();
    tx.commit().await.unwrap();
    let pay = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(1) });
    assert_eq!(stage.post(&customer(), &[pay]).await.unwrap_err().code(), "credit_account_status");
}

#[tokio::test]
async fn balances_at_the_edge_of_64_bits_do_not_wrap() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(i64::MAX).await, stage.account(0).await);
    assert_eq!(stage.balance(alice).await, (i64::MAX, 0, i64::MAX));
    let more = stage.make(Action::Post { debit: stage.cash, credit: bob, amount: gbp(1) });
    let refused = stage.post(&Posting::SYSTEM, &[more]).await;
    assert_eq!(refused, Err(Refusal::OutOfRange { account: stage.cash }));
    let all = stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(i64::MAX) });
    stage.post(&customer(), &[all]).await.unwrap();
    assert_eq!(stage.balance(alice).await, (0, 0, 0));
    let tx = stage.database.begin().await.unwrap();
    accounts::set_overdraft(&tx, bob, gbp(i64::MAX)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(stage.balance(bob).await, (i64::MAX, 0, i64::MAX), "what is shown stops at the edge");
    stage.assert_sound().await;
}

#[tokio::test]
async fn the_trial_balance_is_level_now_and_on_every_day() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(i64::MAX).await, stage.account(0).await);
    let all = || stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(i64::MAX) });
    stage.post(&customer(), &[all()]).await.unwrap();
    let tx = stage.database.snapshot().await.unwrap();
    let lines = trial_balance(&tx, None).await.unwrap();
    let line = |code: &str| lines.iter().find(|line| line.code == code).unwrap();
    let most = i128::from(i64::MAX);
    let deposits = line(ledger::chart::CUSTOMER_DEPOSIT);
    assert_eq!((deposits.accounts, deposits.debits_minor, deposits.credits_minor), (2, most, 2 * most));
    assert_eq!((deposits.balance_minor(), line("cash").balance_minor()), (most, most));
    for (day, expected) in [("2026-03-02", 2), ("2026-03-01", 0)] {
        let lines = trial_balance(&tx, Some(day.parse().unwrap())).await.unwrap();
        assert_eq!(lines.len(), expected, "{day}");
        let (debits, credits) =
            lines.iter().fold((0, 0), |sum, line| (sum.0 + line.debits_minor, sum.1 + line.credits_minor));
        assert_eq!(debits, credits);
    }
}

#[tokio::test]
async fn what_would_be_posted_is_foreseen_and_nothing_is_written() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.account(100).await, stage.account(0).await);
    let expires_at = Some(stage.clock.now() + chrono::Duration::minutes(1));
    let hold = stage.make(Action::Hold { debit: alice, credit: bob, amount: gbp(80), expires_at });
    stage.post(&customer(), &[hold]).await.unwrap();
    let news = [stage.make(Action::Post { debit: alice, credit: bob, amount: gbp(30) })];
    let foresee = async || {
        let tx = stage.database.begin().await.unwrap();
        stage.ledger.foresee(&tx, &customer(), &news).await
    };
    assert!(matches!(foresee().await, Err(PostError::Refused(Refusal::InsufficientFunds { .. }))));
    stage.clock.advance(chrono::Duration::hours(1));
    let rows = foresee().await.unwrap();
    let asked: Vec<_> = rows.iter().map(|row| (row.transfer.id, row.transfer.amount_minor)).collect();
    assert_eq!(asked, [(news[0].id, 30)], "giving the overdue hold back is no part of it");
    assert_eq!(stage.balance(alice).await, (100, 80, 20));
    assert_eq!(stage.count("select count(*) from ledger_transfers").await, 2);
}
