//! Amounts as the JSON text has them: exact decimals, never floats.

use std::fmt;
use std::str::FromStr;

use kernel::{Currency, Money};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use thiserror::Error;

/// Digits that always fit the coefficient.
const MOST_DIGITS: usize = 36;

/// Holds an exact decimal number: a coefficient and how many of its digits stand behind the point.
///
/// Equal numbers are equal values: `1.50`, `1.5` and `15e-1` are the same, and so are `0` and `-0`. Reads a JSON
/// number or a JSON string (the vendor's description and its own examples disagree which it is) from the text itself:
/// parse answers from bytes, not through [`serde_json::Value`], which would make a float of it first.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    coefficient: i128,
    scale: u8,
}

/// Says why a text is no decimal, or a decimal no amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// The text is not a JSON number (RFC 8259 §6).
    #[error("not a decimal number")]
    Shape,
    /// More digits than any amount has.
    #[error("more digits than an amount has")]
    OutOfRange,
    /// A part of a minor unit: the currency cannot hold the amount.
    #[error("more decimals than the currency has")]
    TooPrecise,
}

impl Decimal {
    /// Makes `minor` units of a currency with `exponent` decimals.
    pub fn from_minor(minor: i64, exponent: u8) -> Self {
        Self { coefficient: i128::from(minor), scale: exponent }.normalized()
    }

    /// Makes the decimal of an amount of money.
    pub fn of(money: Money) -> Self {
        Self::from_minor(money.minor(), money.currency().exponent())
    }

    /// Returns the amount in whole minor units; nothing is rounded.
    ///
    /// # Errors
    /// [`DecimalError::TooPrecise`] for a part of a minor unit, then [`DecimalError::OutOfRange`].
    pub fn to_money(self, currency: Currency) -> Result<Money, DecimalError> {
        let exponent = currency.exponent();
        let missing = exponent.checked_sub(self.scale).ok_or(DecimalError::TooPrecise)?;
        let minor = self.coefficient.checked_mul(10_i128.pow(u32::from(missing)));
        let minor = minor.and_then(|minor| i64::try_from(minor).ok()).ok_or(DecimalError::OutOfRange)?;
        Ok(Money::new(minor, currency))
    }

    /// Says whether the number is below zero.
    pub const fn is_negative(self) -> bool {
        self.coefficient < 0
    }

    /// Returns the number without its sign.
    pub const fn magnitude(self) -> Self {
        Self { coefficient: self.coefficient.abs(), scale: self.scale }
    }

    /// Drops zeros at the end, so that equal numbers are equal values.
    fn normalized(mut self) -> Self {
        while self.scale > 0 && self.coefficient % 10 == 0 {
            self.coefficient /= 10;
            self.scale -= 1;
        }
        self
    }
}

/// Parses a JSON number (RFC 8259 §6), exponent included.
///
/// # Errors
/// [`DecimalError::Shape`], then [`DecimalError::OutOfRange`].
impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, self::exponent(exponent)?),
            None => (text, 0),
        };
        let (negative, unsigned) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(DecimalError::Shape),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let has_leading_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || has_leading_zero || !is_number(whole) || !is_number(fraction) {
            return Err(DecimalError::Shape);
        }
        let digits = format!("{whole}{fraction}");
        let fraction_digits = i32::try_from(fraction.len()).map_err(|_| DecimalError::OutOfRange)?;
        assemble(digits.trim_start_matches('0'), negative, fraction_digits - exponent)
    }
}

fn exponent(text: &str) -> Result<i32, DecimalError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::Shape);
    }
    // Nobody owes 10^999: what does not fit a short number is out of any range.
    let value: i32 = digits.parse::<u16>().map_err(|_| DecimalError::OutOfRange)?.into();
    Ok(if text.starts_with('-') { -value } else { value })
}

/// Puts digits and the place of the point together; a negative place stands for zeros that were not written.
fn assemble(digits: &str, negative: bool, point: i32) -> Result<Decimal, DecimalError> {
    if digits.is_empty() {
        return Ok(Decimal { coefficient: 0, scale: 0 });
    }
    let significant = digits.trim_end_matches('0');
    let dropped = i32::try_from(digits.len() - significant.len()).map_err(|_| DecimalError::OutOfRange)?;
    let point = point - dropped;
    let zeros = usize::try_from((-point).max(0)).unwrap_or(usize::MAX);
    if significant.len().saturating_add(zeros) > MOST_DIGITS {
        return Err(DecimalError::OutOfRange);
    }
    let scale = u8::try_from(point.max(0)).ok().filter(|scale| usize::from(*scale) <= MOST_DIGITS);
    let coefficient: i128 = significant.parse().map_err(|_| DecimalError::OutOfRange)?;
    let coefficient = coefficient * 10_i128.pow(u32::try_from(zeros).unwrap_or_default());
    let coefficient = if negative { -coefficient } else { coefficient };
    Ok(Decimal { coefficient, scale: scale.ok_or(DecimalError::OutOfRange)? })
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.coefficient < 0 { "-" } else { "" };
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.coefficient.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if scale > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Writes a JSON number with exactly these digits.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        text.trim().parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect(text)
    }

    #[test]
    fn numbers_are_read_exactly_and_shown_shortest() {
        for (text, shown) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.00", "0"),
            ("1.50", "1.5"),
            ("-2.99", "-2.99"),
            ("0.1", "0.1"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("9007199254740993", "9007199254740993"),
            ("100", "100"),
            ("1e2", "100"),
            ("1.5E+1", "15"),
            ("15e-1", "1.5"),
            ("1200e-2", "12"),
            ("-0.001", "-0.001"),
        ] {
            assert_eq!(decimal(text).to_string(), shown, "{text}");
        }
        assert_eq!(decimal("1.50"), decimal("15e-1"));
    }

    #[test]
    fn what_json_would_refuse_is_refused() {
        for text in
            ["", "-", "+1", "1.", ".5", "01", "1,5", "1 2", "0x10", "1e", "1e+", "NaN", "Infinity", "１"]
        {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::Shape), "{text}");
        }
        for text in ["1e999999", "1e37", "1e-40", "1234567890123456789012345678901234567"] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::OutOfRange), "{text}");
        }
    }

    #[test]
    fn money_holds_whole_minor_units_only() {
        for (text, currency, expected) in [
            ("12.34", Currency::GBP, Ok(1234)),
            ("12.3", Currency::GBP, Ok(1230)),
            ("-12", Currency::GBP, Ok(-1200)),
            ("12.340", Currency::GBP, Ok(1234)),
            ("12.345", Currency::GBP, Err(DecimalError::TooPrecise)),
            ("5000", Currency::JPY, Ok(5000)),
            ("5000.5", Currency::JPY, Err(DecimalError::TooPrecise)),
            ("92233720368547758.07", Currency::GBP, Ok(i64::MAX)),
            ("92233720368547758.08", Currency::GBP, Err(DecimalError::OutOfRange)),
        ] {
            assert_eq!(decimal(text).to_money(currency).map(Money::minor), expected, "{text}");
        }
    }

    #[test]
    fn json_numbers_and_strings_are_read_from_their_text() {
        #[derive(Deserialize)]
        struct Row {
            amount: Decimal,
        }
        for json in [r#"{"amount":1161.20}"#, r#"{"amount":"1161.2"}"#, r#"{"amount": 11612e-1 }"#] {
            let row: Row = serde_json::from_str(json).expect(json);
            assert_eq!(row.amount, decimal("1161.2"), "{json}");
        }
        for json in [r#"{"amount":null}"#, r#"{"amount":"a"}"#, r#"{"amount":[1]}"#, r#"{"amount":true}"#] {
            assert!(serde_json::from_str::<Row>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::to_string(&decimal("1.50")).expect("serializable"), "1.5");
    }
}
