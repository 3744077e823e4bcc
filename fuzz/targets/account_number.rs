//! Account numbers, bank codes and card numbers in free text.
#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use kernel::{AbaRoutingNumber, AccountNumber, Bic, CountryCode, Currency, Iban, SortCode, TransferId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    again::<Iban>(text);
    again::<AccountNumber>(text);
    again::<Bic>(text);
    again::<CountryCode>(text);
    again::<Currency>(text);
    again::<TransferId>(text);
    let _ = (text.parse::<SortCode>().map(SortCode::digits), text.parse::<AbaRoutingNumber>());
    let _ = kernel::contains_card_number(text);
    if let Ok(iban) = text.parse::<Iban>() {
        assert_eq!(iban.grouped().parse(), Ok(iban), "the paper form");
        hides(iban.masked().as_str(), iban.as_str());
    }
    if let Ok(number) = text.parse::<AccountNumber>() {
        hides(&format!("{number:?}"), &number.to_string());
    }
    if let Some((country, bban)) = text.split_at_checked(2)
        && let Ok(country) = country.parse::<CountryCode>()
        && let Ok(iban) = Iban::compose(country, bban)
    {
        assert_eq!(iban.as_str().parse(), Ok(iban), "what was composed");
    }
});

/// What was read and is shown reads as the same.
fn again<T: FromStr<Err: Debug> + Display + Debug + PartialEq>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string().parse::<T>().expect("its own text"), value);
    }
}

/// A masked form shows no more than four characters.
fn hides(masked: &str, whole: &str) {
    assert!(whole.len() <= 4 || !masked.contains(whole), "a masked number shows itself");
}
