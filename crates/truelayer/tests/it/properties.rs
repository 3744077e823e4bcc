//! Decimals and timestamps under random input.

use chrono::{DateTime, Duration, FixedOffset, SecondsFormat, SubsecRound as _, Utc};
use kernel::{Currency, Money};
use proptest::prelude::*;
use truelayer::{Decimal, Timestamp};

proptest! {
    #[test]
    fn money_survives_its_decimal_text(minor in any::<i64>(), pick in 0..3_usize) {
        let currency = [Currency::GBP, Currency::JPY, "KWD".parse().unwrap()][pick];
        let money = Money::new(minor, currency);
        let text = Decimal::of(money).to_string();
        prop_assert_eq!(text.parse::<Decimal>().unwrap().to_money(currency), Ok(money));
        let json = format!("{{\"a\":{text}}}");
        let read: std::collections::BTreeMap<String, Decimal> = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read["a"], Decimal::of(money));
    }

    #[test]
    fn zeros_and_exponents_change_nothing(coefficient in -1_000_000_000_i64..1_000_000_000, zeros in 0..8_usize, shift in 0..6_usize) {
        let plain: Decimal = coefficient.to_string().parse().unwrap();
        let fraction = format!("{coefficient}.{}", "0".repeat(zeros + 1));
        prop_assert_eq!(fraction.parse::<Decimal>().unwrap(), plain);
        let shifted = format!("{coefficient}{}e-{shift}", "0".repeat(shift));
        prop_assert_eq!(shifted.parse::<Decimal>().unwrap(), plain);
        let shown = plain.to_string();
        prop_assert_eq!(shown.parse::<Decimal>().unwrap(), plain);
    }

    #[test]
    fn text_of_strangers_never_panics_and_agrees_with_json(text in "[-+0-9.eE]{0,24}") {
        let ours = text.parse::<Decimal>();
        let theirs = serde_json::from_str::<serde_json::Number>(&text);
        if ours.is_ok() {
            prop_assert!(theirs.is_ok(), "{text}");
        } else if theirs.is_ok() {
            prop_assert_eq!(ours, Err(truelayer::DecimalError::OutOfRange), "{}", text);
        }
    }

    #[test]
    fn an_instant_survives_every_form(seconds in 0_i64..4_000_000_000, micros in 0_u32..1_000_000, hours in -12_i32..=14) {
        let at = DateTime::<Utc>::from_timestamp(seconds, micros * 1_000).unwrap();
        let offset = FixedOffset::east_opt(hours * 3600).unwrap();
        let local = at.with_timezone(&offset);
        let read = |text: &str| text.parse::<Timestamp>().unwrap();
        let zulu = read(&at.to_rfc3339_opts(SecondsFormat::Micros, true));
        prop_assert_eq!((zulu.at, zulu.on), (at, at.date_naive()));
        let shifted = read(&local.to_rfc3339_opts(SecondsFormat::Micros, false));
        prop_assert_eq!((shifted.at, shifted.on), (at, local.date_naive()));
        let bare = read(&at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string());
        prop_assert_eq!((bare.at, bare.on), (at, at.date_naive()));
        let finer = read(&at.format("%Y-%m-%dT%H:%M:%S%.6f789Z").to_string());
        prop_assert!(finer.at == at && (finer.at - at.trunc_subsecs(6)) < Duration::microseconds(1));
        let day = read(&at.format("%Y-%m-%d").to_string());
        prop_assert_eq!(day.on, at.date_naive());
    }

    #[test]
    fn times_of_strangers_never_panic(text in "[-+0-9TZ:. ]{0,40}") {
        let _ = text.parse::<Timestamp>();
    }
}
