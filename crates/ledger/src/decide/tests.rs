//! The decision as tables: one row per refusal in the order of [`Refusal`], then what is accepted, then repetition.

#![allow(clippy::unwrap_used)]

mod edges;

use chrono::NaiveDate;
use kernel::{AccountId, Actor, Currency, Instant, Money, TransferId, UserId};
use uuid::Uuid;

use super::{Book, decide, expire};
use crate::{
    Account, AccountKind, AccountStatus, Action, Authority, HoldState, NewTransfer, Posting, Refusal,
};

const ALICE: AccountId = AccountId::from_uuid(Uuid::from_u128(1));
const BOB: AccountId = AccountId::from_uuid(Uuid::from_u128(2));
const EURO: AccountId = AccountId::from_uuid(Uuid::from_u128(3));
const CASH: AccountId = AccountId::from_uuid(Uuid::from_u128(4));
const FROZEN: AccountId = AccountId::from_uuid(Uuid::from_u128(5));
const BLOCKED: AccountId = AccountId::from_uuid(Uuid::from_u128(6));
const CLOSED: AccountId = AccountId::from_uuid(Uuid::from_u128(7));
const FULL: AccountId = AccountId::from_uuid(Uuid::from_u128(8));
const NOBODY: AccountId = AccountId::from_uuid(Uuid::from_u128(9));

fn id(number: u128) -> TransferId {
    TransferId::from_uuid(Uuid::from_u128(number))
}

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

fn now() -> Instant {
    "2026-03-02T10:00:00Z".parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn posting(authority: Authority) -> Posting {
    let actor = Actor::Customer(UserId::from_uuid(Uuid::from_u128(1)));
    Posting { actor, authority, request_id: None }
}

fn account(id: AccountId, status: AccountStatus, credits: i64) -> Account {
    Account {
        id,
        currency: if id == EURO { Currency::EUR } else { Currency::GBP },
        kind: if id == CASH { AccountKind::Asset } else { AccountKind::Liability },
        code: "test".to_owned(),
        status,
        funded: id != CASH,
        overdraft_limit_minor: 0,
        debits_posted_minor: 0,
        credits_posted_minor: credits,
        debits_pending_minor: 0,
        credits_pending_minor: 0,
        entry_sequence: 0,
        largest_limit_minor: Some(500),
        day_limit_minor: Some(800),
        month_limit_minor: Some(900),
        spent_on: day("2026-03-01"),
        spent_day_minor: 700,
        spent_month_on: day("2026-03-01"),
        spent_month_minor: 200,
        access_version: 1,
        opened_at: now(),
    }
}

fn post(number: u128, debit: AccountId, credit: AccountId, minor: i64) -> NewTransfer {
    NewTransfer::new(id(number), Action::Post { debit, credit, amount: gbp(minor) }, "test")
}

fn hold(number: u128, debit: AccountId, minor: i64) -> NewTransfer {
    let expires_at = Some("2026-03-02T10:00:05Z".parse().unwrap());
    NewTransfer::new(id(number), Action::Hold { debit, credit: BOB, amount: gbp(minor), expires_at }, "test")
}

fn capture(number: u128, of: u128, minor: Option<i64>) -> NewTransfer {
    NewTransfer::new(id(number), Action::Capture { hold: id(of), amount: minor.map(gbp) }, "test")
}

fn release(number: u128, of: u128) -> NewTransfer {
    NewTransfer::new(id(number), Action::Release { hold: id(of) }, "test")
}

fn reverse(number: u128, of: u128) -> NewTransfer {
    NewTransfer::new(id(number), Action::Reverse { transfer: id(of) }, "test")
}

/// Alice has 1000; 101 is a posted transfer, 102 a hold, 103 released, 104 and 105 linked, 106 reversed by 107,
/// 109 captured by 110.
fn book() -> Book {
    let mut book = Book::new(now(), day("2026-03-02"));
    for (id, status, credits) in [
        (ALICE, AccountStatus::Open, 1000),
        (BOB, AccountStatus::Open, 0),
        (EURO, AccountStatus::Open, 0),
        (CASH, AccountStatus::Open, 0),
        (FROZEN, AccountStatus::Frozen, 1000),
        (BLOCKED, AccountStatus::DebitBlocked, 1000),
        (CLOSED, AccountStatus::Closed, 0),
        (FULL, AccountStatus::Open, i64::MAX),
    ] {
        book.insert_account(account(id, status, credits));
    }
    book.insert_closed_month("2026-02".parse().unwrap());
    let system = Posting::SYSTEM;
    for item in [
        vec![post(101, CASH, BOB, 10)],
        vec![hold(102, ALICE, 10)],
        vec![hold(103, ALICE, 10)],
        vec![release(108, 103)],
        vec![hold(104, ALICE, 10), hold(105, ALICE, 10)],
        vec![post(106, CASH, BOB, 10)],
        vec![reverse(107, 106)],
        vec![hold(109, ALICE, 10)],
        vec![capture(110, 109, Some(4))],
    ] {
        decide(&mut book, &system, &item).unwrap();
    }
    book
}

/// Names a change that makes a good item a bad one.
type Row = (&'static str, Authority, Vec<NewTransfer>);

fn dated(mut new: NewTransfer, on: &str) -> NewTransfer {
    new.effective_on = Some(day(on));
    new
}

/// Every row breaks its own rule and, where that is possible, the rules after it too.
fn refusals() -> Vec<Row> {
    use Authority::{Customer, Staff, System};
    let long = || {
        let mut new = post(1, NOBODY, BOB, 1);
        new.reference = "x".repeat(1121);
        new
    };
    let past = NewTransfer::new(
        id(1),
        Action::Hold { debit: NOBODY, credit: BOB, amount: gbp(1), expires_at: Some(now()) },
        "test",
    );
    vec![
        ("id_reused", Customer, vec![post(101, CASH, BOB, -10)]),
        ("id_reused", Customer, vec![post(1, ALICE, BOB, 1), post(101, CASH, BOB, 10)]),
        ("id_reused", Customer, vec![post(101, CASH, BOB, 10), post(1, ALICE, BOB, 1)]),
        ("id_reused", Customer, vec![post(1, ALICE, BOB, 1), post(1, ALICE, BOB, 1)]),
        ("group_size", Customer, vec![]),
        ("amount_not_positive", Customer, vec![post(1, NOBODY, NOBODY, 0)]),
        ("amount_not_positive", Customer, vec![post(1, ALICE, BOB, i64::MIN)]),
        ("amount_not_positive", Customer, vec![capture(1, 999, Some(0))]),
        ("same_account", Customer, vec![post(1, NOBODY, NOBODY, 1)]),
        ("text_not_storable", Customer, vec![long()]),
        ("transfer_not_found", Customer, vec![capture(1, 999, None)]),
        ("transfer_not_found", Customer, vec![release(1, 999)]),
        ("transfer_not_found", Customer, vec![reverse(1, 999)]),
        ("not_a_hold", Customer, vec![capture(1, 101, None)]),
        ("not_a_hold", Customer, vec![release(1, 108)]),
        ("nothing_to_reverse", Staff, vec![reverse(1, 102)]),
        ("nothing_to_reverse", Staff, vec![reverse(1, 108)]),
        ("is_reversal", Staff, vec![reverse(1, 107)]),
        ("already_reversed", Staff, vec![reverse(1, 106)]),
        ("hold_not_pending", Customer, vec![capture(1, 103, Some(11))]),
        ("hold_not_pending", Customer, vec![release(1, 109)]),
        ("expiry_in_past", Customer, vec![past]),
        ("capture_exceeds_hold", Customer, vec![capture(1, 104, Some(11))]),
        ("group_incomplete", Customer, vec![capture(1, 104, Some(10))]),
        ("group_incomplete", Customer, vec![release(1, 105)]),
        ("account_not_found", Customer, vec![post(1, NOBODY, EURO, 1)]),
        ("account_not_found", Customer, vec![post(1, EURO, NOBODY, 1)]),
        ("currency_differs", Customer, vec![dated(post(1, EURO, BOB, 1), "2026-03-03")]),
        ("currency_differs", Customer, vec![dated(post(1, ALICE, EURO, 1), "2026-03-03")]),
        ("effective_in_future", Customer, vec![dated(post(1, CLOSED, BOB, 1), "2026-03-03")]),
        ("effective_in_past", Customer, vec![dated(post(1, CLOSED, BOB, 1), "2026-02-01")]),
        ("month_closed", Staff, vec![dated(post(1, CLOSED, BOB, 1), "2026-02-28")]),
        ("month_closed", System, vec![dated(post(1, CLOSED, BOB, 1), "2026-02-28")]),
        ("debit_account_status", Customer, vec![post(1, CLOSED, FROZEN, 501)]),
        ("debit_account_status", Customer, vec![post(1, FROZEN, BOB, 501)]),
        ("debit_account_status", Customer, vec![post(1, BLOCKED, BOB, 501)]),
        ("credit_account_status", Customer, vec![post(1, ALICE, FROZEN, 501)]),
        ("credit_account_status", Customer, vec![post(1, ALICE, CLOSED, 501)]),
        ("largest_exceeded", Customer, vec![post(1, ALICE, BOB, 501)]),
        ("day_limit_exceeded", Customer, vec![post(1, ALICE, BOB, 450), post(2, ALICE, BOB, 450)]),
        ("month_limit_exceeded", Customer, vec![post(1, ALICE, BOB, 400), post(2, ALICE, BOB, 400)]),
        ("insufficient_funds", Customer, vec![post(1, BOB, ALICE, 15)]),
        ("insufficient_funds", Staff, vec![post(1, ALICE, FULL, 1001)]),
        (
            "insufficient_funds",
            Customer,
            vec![hold(1, ALICE, 490), post(2, CASH, BOB, 1), post(3, BOB, CASH, 499)],
        ),
        ("insufficient_funds", Staff, vec![reverse(1, 101), post(2, BOB, ALICE, 10)]),
        ("out_of_range", Customer, vec![post(1, ALICE, FULL, 1)]),
    ]
}

#[test]
fn every_refusal_comes_in_its_place_and_changes_nothing() {
    for (index, (code, authority, item)) in refusals().into_iter().enumerate() {
        let mut book = book();
        let before = format!("{:?}{:?}", sorted(&book), book.rows());
        let refusal = decide(&mut book, &posting(authority), &item).unwrap_err();
        assert_eq!(refusal.code(), code, "row {index}: {refusal}");
        assert_eq!(format!("{:?}{:?}", sorted(&book), book.rows()), before, "row {index} left a trace");
        assert_eq!(
            decide(&mut book, &posting(authority), &item),
            Err(refusal),
            "row {index} decides alike again"
        );
    }
}

fn sorted(book: &Book) -> Vec<Account> {
    [ALICE, BOB, EURO, CASH, FROZEN, BLOCKED, CLOSED, FULL]
        .into_iter()
        .filter_map(|id| book.account(id).cloned())
        .collect()
}

#[test]
fn refusals_carry_the_numbers_that_explain_them() {
    let mut book = book();
    let customer = posting(Authority::Customer);
    decide(&mut book, &customer, &[post(1, ALICE, BOB, 450)]).unwrap();
    let day = decide(&mut book, &customer, &[post(2, ALICE, BOB, 351)]);
    assert_eq!(day, Err(Refusal::DayLimitExceeded { limit: gbp(800), spent: gbp(450), asked: gbp(351) }));
    let month = decide(&mut book, &customer, &[post(2, ALICE, BOB, 251)]);
    assert_eq!(month, Err(Refusal::MonthLimitExceeded { limit: gbp(900), spent: gbp(650), asked: gbp(251) }));
    let funds = decide(&mut book, &posting(Authority::Staff), &[post(2, ALICE, BOB, 600)]);
    // 1000 less 450 paid, 4 captured and 30 still held.
    let refused = Refusal::InsufficientFunds { account: ALICE, available: gbp(516), asked: gbp(600) };
    assert_eq!(funds, Err(refused));
}

#[test]
fn a_repeated_id_is_answered_from_the_journal_before_anything_is_judged() {
    let mut book = book();
    let staff = posting(Authority::Staff);
    let linked = [hold(104, ALICE, 10), hold(105, ALICE, 10)];
    book.insert_account(account(ALICE, AccountStatus::Frozen, 0));
    for item in
        [&[post(101, CASH, BOB, 10)][..], &linked, &[reverse(107, 106)], &[capture(110, 109, Some(4))]]
    {
        let posted = decide(&mut book, &staff, item).unwrap();
        assert!(posted.iter().all(|posted| posted.already), "{item:?}");
    }
    for item in [
        vec![post(101, CASH, BOB, 11)],
        vec![post(101, CASH, ALICE, 10)],
        vec![dated(post(101, CASH, BOB, 10), "2026-03-01")],
        vec![NewTransfer { reference: "other".to_owned(), ..post(101, CASH, BOB, 10) }],
        vec![NewTransfer { code: "other".into(), ..post(101, CASH, BOB, 10) }],
        vec![NewTransfer { metadata: Some("{}".to_owned()), ..post(101, CASH, BOB, 10) }],
        vec![linked[0].clone()],
        vec![linked[1].clone(), linked[0].clone()],
        vec![linked[0].clone(), linked[1].clone(), post(1, CASH, BOB, 1)],
        vec![linked[0].clone(), post(1, CASH, BOB, 1), linked[1].clone()],
        vec![capture(110, 109, None)],
        vec![capture(110, 109, Some(5))],
        vec![release(110, 109)],
        vec![hold(101, CASH, 10)],
    ] {
        let refused = decide(&mut book, &staff, &item).unwrap_err();
        assert_eq!(refused.code(), "id_reused", "{item:?}");
    }
    assert!(decide(&mut book, &staff, &[dated(post(101, CASH, BOB, 10), "2026-03-02")]).unwrap()[0].already);
}

#[test]
fn authority_says_which_rules_bind() {
    // (authority, beyond the limits, beyond the funds, in a closed month)
    for (authority, limits, funds, closed) in [
        (Authority::Customer, false, false, false),
        (Authority::Staff, true, false, false),
        (Authority::System, true, false, false),
        (Authority::StaffForced, true, true, false),
        (Authority::Import, true, true, true),
    ] {
        let posted = |item: NewTransfer| decide(&mut book(), &posting(authority), &[item]).is_ok();
        assert_eq!(posted(post(1, ALICE, BOB, 600)), limits, "{authority:?} limits");
        assert_eq!(posted(post(1, BOB, ALICE, 600)), funds, "{authority:?} funds");
        assert_eq!(posted(dated(post(1, ALICE, BOB, 1), "2026-02-01")), closed, "{authority:?} closed month");
        assert!(!posted(post(1, FROZEN, BOB, 1)), "{authority:?} never passes a freeze");
        assert_eq!(posted(dated(post(1, ALICE, BOB, 1), "2026-03-01")), authority != Authority::Customer);
    }
}

#[test]
fn a_block_lets_credits_captures_and_releases_pass_and_a_freeze_only_releases() {
    for (status, credit, captured) in
        [(AccountStatus::DebitBlocked, true, true), (AccountStatus::Frozen, false, false)]
    {
        let mut book = book();
        let held = Account { status, ..book.account(ALICE).unwrap().clone() };
        book.insert_account(held);
        let mut posted = |item: NewTransfer| decide(&mut book, &Posting::SYSTEM, &[item]).is_ok();
        assert_eq!(posted(post(1, CASH, ALICE, 1)), credit);
        assert_eq!(posted(capture(2, 102, None)), captured);
        assert!(!posted(hold(3, ALICE, 1)));
        let item = [release(4, 104), release(5, 105)];
        assert!(decide(&mut book, &Posting::SYSTEM, &item).is_ok());
    }
}

#[test]
fn a_hold_counts_once_and_a_release_gives_back_the_same_day_only() {
    let spent = |book: &Book| {
        let alice = book.account(ALICE).unwrap();
        (alice.spent_on_day(book.business_on), alice.spent_in_month(book.business_on))
    };
    let customer = posting(Authority::Customer);
    let mut book = book();
    assert_eq!(spent(&book), (0, 200), "yesterday's spending counts in the month only");
    for number in [1, 2, 3] {
        decide(&mut book, &customer, &[hold(number, ALICE, 100)]).unwrap();
    }
    assert_eq!(spent(&book), (300, 500));
    decide(&mut book, &customer, &[capture(11, 1, Some(60))]).unwrap();
    assert_eq!(spent(&book), (260, 460), "a capture gives back the rest");
    decide(&mut book, &customer, &[release(12, 2)]).unwrap();
    assert_eq!(spent(&book), (160, 360));
    decide(&mut book, &customer, &[release(13, 102)]).unwrap();
    assert_eq!(spent(&book), (160, 360), "the system's hold never counted");
    decide(&mut book, &posting(Authority::Staff), &[reverse(14, 11)]).unwrap();
    assert_eq!(spent(&book), (160, 360), "a reversal gives nothing back");
    book.business_on = day("2026-03-03");
    decide(&mut book, &customer, &[hold(16, ALICE, 40)]).unwrap();
    decide(&mut book, &customer, &[release(15, 3)]).unwrap();
    assert_eq!(spent(&book), (40, 400), "yesterday's hold counted yesterday");
    book.business_on = day("2026-04-01");
    assert_eq!(spent(&book), (0, 0));
}

#[test]
fn an_overdue_hold_has_expired_whatever_the_job_has_done() {
    let mut book = book();
    assert_eq!(expire(&mut book, id(102), id(1)), None, "its time is not over");
    book.now = "2026-03-02T10:00:05Z".parse().unwrap();
    let expired = Refusal::HoldExpired { id: id(102), expired_at: book.now };
    for item in [capture(1, 102, None), release(1, 102)] {
        assert_eq!(decide(&mut book, &Posting::SYSTEM, &[item]), Err(expired.clone()));
    }
    let before = book.account(ALICE).unwrap().available_minor();
    let posted = expire(&mut book, id(102), id(1)).unwrap();
    assert_eq!(
        (posted.transfer.code.as_str(), posted.transfer.of_transfer_id),
        ("hold_expired", Some(id(102)))
    );
    assert_eq!(book.hold(id(102)).unwrap().state, HoldState::Expired);
    assert_eq!(book.account(ALICE).unwrap().available_minor(), before + 10);
    assert_eq!(expire(&mut book, id(102), id(2)), None, "once");
    assert_eq!(decide(&mut book, &Posting::SYSTEM, &[capture(3, 102, None)]), Err(expired));
}

#[test]
fn an_overdraft_is_available_and_holds_are_not() {
    let mut book = book();
    let alice = Account { overdraft_limit_minor: 100, ..book.account(ALICE).unwrap().clone() };
    book.insert_account(alice);
    let staff = posting(Authority::Staff);
    // 1000 less 4 captured and 30 held, and 100 of overdraft.
    decide(&mut book, &staff, &[post(1, ALICE, BOB, 1066)]).unwrap();
    let refused = decide(&mut book, &staff, &[post(2, ALICE, BOB, 1)]).unwrap_err();
    assert_eq!(refused, Refusal::InsufficientFunds { account: ALICE, available: gbp(0), asked: gbp(1) });
    decide(&mut book, &posting(Authority::StaffForced), &[post(2, ALICE, BOB, 50)]).unwrap();
    assert_eq!(book.account(ALICE).unwrap().balance().available, gbp(-50));
    decide(&mut book, &staff, &[capture(3, 102, None)]).unwrap();
    assert_eq!(
        book.account(ALICE).unwrap().balance().available,
        gbp(-50),
        "what was reserved is not asked for again"
    );
}

#[test]
fn linked_transfers_see_each_other_and_currencies_meet_in_a_position() {
    let mut book = book();
    let position = AccountId::from_uuid(Uuid::from_u128(20));
    book.insert_account(Account { funded: false, ..account(position, AccountStatus::Open, 0) });
    let euro_position = AccountId::from_uuid(Uuid::from_u128(21));
    let euros =
        Account { funded: false, currency: Currency::EUR, ..account(euro_position, AccountStatus::Open, 0) };
    book.insert_account(euros);
    let amount = Money::new(12, Currency::EUR);
    let out = NewTransfer::new(id(2), Action::Post { debit: euro_position, credit: EURO, amount }, "fx");
    let customer = posting(Authority::Customer);
    let posted = decide(&mut book, &customer, &[post(1, ALICE, position, 10), out]).unwrap();
    assert!(posted.iter().all(|posted| posted.transfer.group_id == Some(id(1))));
    let through = [post(3, CASH, BOB, 100), post(4, BOB, ALICE, 110)];
    decide(&mut book, &posting(Authority::Staff), &through).unwrap();
    let rows = book.rows();
    let last = &rows[rows.len() - 1];
    assert_eq!((last.debit_balance_after, last.transfer.debit_sequence), (4, Some(6)));
}
