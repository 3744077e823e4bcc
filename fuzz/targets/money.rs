//! Amounts: what a text becomes, and arithmetic against the same in 128 bits.
#![no_main]

use fuzz::Bytes;
use kernel::{Currency, Money, MoneyError, Rounding};
use libfuzzer_sys::fuzz_target;

const ROUNDINGS: [Rounding; 5] =
    [Rounding::Floor, Rounding::Down, Rounding::HalfUp, Rounding::HalfEven, Rounding::Ceiling];

fuzz_target!(|input: &[u8]| {
    read(input);
    let mut bytes = Bytes(input);
    let currency = if bytes.number() % 3 == 0 { Currency::GBP } else { "JPY".parse().expect("yen") };
    let (one, other) = (Money::new(bytes.number(), currency), Money::new(bytes.number(), currency));
    let exact = |wide: i128| i64::try_from(wide).map(|minor| Money::new(minor, currency)).ok();
    assert_eq!(one.plus(other).ok(), exact(i128::from(one.minor()) + i128::from(other.minor())));
    assert_eq!(one.minus(other).ok(), exact(i128::from(one.minor()) - i128::from(other.minor())));
    ratio(one, bytes.number(), bytes.number());
    split(one, &mut bytes);
});

/// Reads an amount from JSON; what is read is written the same way again.
fn read(input: &[u8]) {
    if let Ok(money) = serde_json::from_slice::<Money>(input) {
        let text = serde_json::to_string(&money).expect("serializable");
        assert_eq!(serde_json::from_str::<Money>(&text).expect("its own text"), money);
        assert!(money.to_string().ends_with(money.currency().code()));
    }
}

/// A rounded ratio is less than one unit away from the exact one, and on the side that its name says.
fn ratio(money: Money, numerator: i64, denominator: i64) {
    for rounding in ROUNDINGS {
        let product = i128::from(money.minor()) * i128::from(numerator);
        match money.times_ratio(numerator, denominator, rounding) {
            Ok(rounded) => {
                let denominator = i128::from(denominator);
                // As wide as 127 bits: compared in two halves, because the remainder is smaller than the divisor.
                let off = i128::from(rounded.minor()) * denominator - product;
                assert!(off.unsigned_abs() < denominator.unsigned_abs(), "{rounding:?}");
                let above = off != 0 && (off > 0) == (denominator > 0);
                match rounding {
                    Rounding::Floor => assert!(!above),
                    Rounding::Ceiling => assert!(above || off == 0),
                    Rounding::HalfUp | Rounding::HalfEven => {
                        assert!(off.unsigned_abs() * 2 <= denominator.unsigned_abs());
                    }
                    Rounding::Down => assert!(
                        rounded.minor() == 0 || rounded.minor().signum() == sign(product, denominator)
                    ),
                }
            }
            Err(error) => {
                let expected =
                    if denominator == 0 { MoneyError::DivisionByZero } else { MoneyError::OutOfRange };
                assert_eq!(error, expected);
            }
        }
    }
}

fn sign(product: i128, denominator: i128) -> i64 {
    if (product < 0) == (denominator < 0) { 1 } else { -1 }
}

/// The parts give back the whole, and none has the other sign.
fn split(money: Money, bytes: &mut Bytes<'_>) {
    let weights: Vec<u64> = (0..bytes.byte() % 24).map(|_| bytes.number().unsigned_abs()).collect();
    let Ok(parts) = money.split_by_weights(&weights) else {
        return assert!(weights.iter().all(|weight| *weight == 0), "{weights:?}");
    };
    assert_eq!(parts.len(), weights.len());
    let sum: i128 = parts.iter().map(|part| i128::from(part.minor())).sum();
    assert_eq!(sum, i128::from(money.minor()));
    assert!(parts.iter().all(|part| part.is_zero() || part.minor().signum() == money.minor().signum()));
}
