//! Account numbers: the bank's own by country, and the one text form of all kinds.

use kernel::account_number::{self, AccountNumber, AccountNumberError};
use kernel::{AbaRoutingNumber, SortCode};
use proptest::prelude::*;

fn number(text: &str) -> AccountNumber {
    text.parse().expect(text)
}

fn sort_code() -> SortCode {
    "60-16-13".parse().expect("a sort code")
}

fn routing() -> AbaRoutingNumber {
    "021000021".parse().expect("a routing number")
}

#[test]
fn the_banks_own_numbers_follow_each_country() {
    let gb = account_number::gb("NWBK", sort_code(), 31_926_819).expect("british");
    assert_eq!(gb.as_str(), "GB29NWBK60161331926819");
    assert_eq!(account_number::gb_parts(&gb), Some((sort_code(), "31926819")));
    let de = account_number::de("37040044", 532_013_000).expect("german");
    assert_eq!(de.as_str(), "DE89370400440532013000");
    assert_eq!(account_number::gb_parts(&de), None);
    let at = account_number::at("19043", 234_573_201).expect("austrian");
    assert_eq!(at.as_str(), "AT611904300234573201");
    let us = account_number::us(routing(), 1_234_567).expect("american");
    assert_eq!(AccountNumber::from(us).to_string(), "021000021:0001234567");
}

#[test]
fn a_bank_code_or_serial_number_that_does_not_fit_is_refused() {
    for code in ["", "nwbk", "NWB", "NWBKX", "NWB1"] {
        let refusal = Err(AccountNumberError::BankCode("four capital letters"));
        assert_eq!(account_number::gb(code, sort_code(), 1), refusal, "{code}");
    }
    assert_eq!(account_number::de("3704004", 1), Err(AccountNumberError::BankCode("eight digits")));
    assert_eq!(account_number::at("1904A", 1), Err(AccountNumberError::BankCode("five digits")));
    assert_eq!(
        account_number::gb("NWBK", sort_code(), 100_000_000),
        Err(AccountNumberError::SerialTooLong(8))
    );
    assert_eq!(account_number::de("37040044", 10_000_000_000), Err(AccountNumberError::SerialTooLong(10)));
    assert_eq!(account_number::at("19043", 100_000_000_000), Err(AccountNumberError::SerialTooLong(11)));
    let beyond = 100_000_000_000_000_000;
    assert_eq!(account_number::us(routing(), beyond), Err(AccountNumberError::SerialTooLong(17)));
    assert!(account_number::us(routing(), beyond - 1).is_ok());
}

#[test]
fn each_kind_is_known_by_its_form() {
    for (typed, stored) in [
        ("gb29 nwbk 6016 1331 9268 19", "GB29NWBK60161331926819"),
        (" 021000021 : 0001234567", "021000021:0001234567"),
        ("576", "576"),
        ("19-2000145399/0800", "19-2000145399/0800"),
        ("member_7.a", "MEMBER_7.A"),
        ("AB12", "AB12"),
    ] {
        assert_eq!(number(typed).to_string(), stored);
        assert_eq!(number(stored), number(typed));
    }
    assert!(matches!(number("576"), AccountNumber::Given(_)));
    assert!(matches!(number("021000021:1"), AccountNumber::Us(_)));
    assert!(number("GB29NWBK60161331926819").iban().is_some() && number("576").iban().is_none());
}

#[test]
fn each_refusal_says_what_is_wrong_and_never_repeats_the_number() {
    for (text, message) in [
        ("GB28NWBK60161331926819", "the check digits of the IBAN do not match"),
        ("US00021000021123456", "the check digits of the IBAN do not match"),
        ("021000022:123456", "the check digit of the routing number does not match"),
        ("021000021:", "an account number of the united states has 1 to 17 digits"),
        ("021000021:123456789012345678", "an account number of the united states has 1 to 17 digits"),
        ("021000021:12:4", "an account number of the united states has 1 to 17 digits"),
        ("", "an account number has 1 to 34 letters, digits and the signs - . / _"),
        (
            "12345678901234567890123456789012345",
            "an account number has 1 to 34 letters, digits and the signs - . / _",
        ),
        ("57é", "an account number has 1 to 34 letters, digits and the signs - . / _"),
    ] {
        let refusal = text.parse::<AccountNumber>().expect_err(text);
        assert_eq!(refusal.to_string(), message, "{text}");
    }
}

#[test]
fn a_number_in_a_log_shows_four_characters_at_most() {
    for (text, debug) in [
        ("GB29NWBK60161331926819", "AccountNumber(****6819)"),
        ("021000021:0001234567", "AccountNumber(****4567)"),
        ("576", "AccountNumber(****6)"),
    ] {
        assert_eq!(format!("{:?}", number(text)), debug);
    }
    match number("021000021:12") {
        AccountNumber::Us(us) => {
            assert_eq!(format!("{us:?}"), "UsAccountNumber(021000021:****2)");
            assert_eq!((us.routing(), us.account()), (routing(), "12"));
        }
        other => panic!("{other:?}"),
    }
    match number("5760001") {
        AccountNumber::Given(given) => {
            assert_eq!(
                (format!("{given:?}").as_str(), given.as_str()),
                ("GivenAccountNumber(****001)", "5760001")
            );
        }
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn the_stored_text_is_read_as_the_same_number(text in "\\PC{0,36}|[A-Z]{2}[0-9]{2}[A-Z0-9]{8,20}|[0-9]{9}:[0-9]{0,18}") {
        if let Ok(number) = text.parse::<AccountNumber>() {
            prop_assert_eq!(number.to_string().parse(), Ok(number.clone()));
            let json = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(serde_json::from_str::<AccountNumber>(&json).unwrap(), number);
        }
    }

    #[test]
    fn serial_numbers_make_distinct_numbers(left in 0..100_000_000_u64, right in 0..100_000_000_u64) {
        prop_assume!(left != right);
        prop_assert_ne!(account_number::gb("FLRN", sort_code(), left), account_number::gb("FLRN", sort_code(), right));
        prop_assert_ne!(account_number::de("10000000", left), account_number::de("10000000", right));
        prop_assert_ne!(account_number::at("10000", left), account_number::at("10000", right));
        prop_assert_ne!(account_number::us(routing(), left), account_number::us(routing(), right));
    }
}
