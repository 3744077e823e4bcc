//! The edges of the decision: the least and the most of what has a bound.

use super::{ALICE, BOB, CASH, book, day, post};
use crate::decide::{MOST_LINKED, decide};
use crate::{Month, Posting, Refusal};

#[test]
fn a_thousand_transfers_can_be_linked_and_neither_none_nor_one_more() {
    for count in [0, 1, MOST_LINKED, MOST_LINKED + 1] {
        let linked: Vec<_> = (0..count).map(|number| post(1_000 + number as u128, CASH, BOB, 1)).collect();
        let mut book = book();
        let decided = decide(&mut book, &Posting::SYSTEM, &linked).map(|posted| posted.len());
        let expected =
            if count == 0 || count > MOST_LINKED { Err(Refusal::GroupSize { count }) } else { Ok(count) };
        assert_eq!(decided, expected, "{count} linked");
    }
}

#[test]
fn what_is_available_can_be_spent_to_the_last_unit_and_not_one_more() {
    let mut book = book();
    let available = book.account(ALICE).unwrap().available_minor();
    let left = i64::try_from(available).unwrap();
    assert!(decide(&mut book, &Posting::SYSTEM, &[post(1, ALICE, BOB, left + 1)]).is_err());
    assert!(decide(&mut book, &Posting::SYSTEM, &[post(1, ALICE, BOB, left)]).is_ok());
    assert_eq!(book.account(ALICE).unwrap().available_minor(), 0);
}

#[test]
fn a_month_is_the_unit_of_the_books() {
    assert!(book().is_closed(Month::of(day("2026-02-14"))));
}
