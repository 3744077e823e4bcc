//! The edges of the decision: the least and the most of what has a bound.

use super::{ALICE, BOB, CASH, book, day, post, posting};
use crate::decide::{MOST_LINKED, decide};
use crate::{Authority, Month, Posting, Refusal};

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
fn a_payment_may_be_as_large_as_the_largest_that_is_allowed() {
    let largest = book().account(ALICE).unwrap().largest_limit_minor.unwrap();
    assert!(decide(&mut book(), &posting(Authority::Customer), &[post(1, ALICE, BOB, largest)]).is_ok());
}

#[test]
fn a_text_may_be_as_long_as_its_bound_and_not_a_byte_longer() {
    for (field, longest) in [("code", 64), ("reference", 1120), ("metadata", 16_384)] {
        for (length, fits) in [(longest, true), (longest + 1, false)] {
            let (mut new, text) = (post(1, CASH, BOB, 1), "x".repeat(length));
            match field {
                "code" => new.code = text.into(),
                "reference" => new.reference = text,
                _ => new.metadata = Some(text),
            }
            let decided = decide(&mut book(), &Posting::SYSTEM, &[new]).map(|_| ());
            let expected = if fits { Ok(()) } else { Err(Refusal::TextNotStorable { field }) };
            assert_eq!(decided, expected, "{field} of {length}");
        }
    }
}

#[test]
fn a_month_is_the_unit_of_the_books() {
    assert!(book().is_closed(Month::of(day("2026-02-14"))));
}
