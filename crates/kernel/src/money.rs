//! Amounts of money: whole minor units of one currency, with checked arithmetic.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Currency;

/// Holds an amount in minor units (pence, cents) of one currency; may be negative in a balance.
///
/// On the wire: `{"amount_minor": 1250, "currency": "GBP"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// The amount in minor units.
    #[serde(rename = "amount_minor")]
    #[cfg_attr(feature = "openapi", schema(example = 1250))]
    minor: i64,
    /// The currency, which also says how many decimals the amount is shown with.
    currency: Currency,
}

/// Says why an amount could not be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Two currencies met.
    #[error("currencies differ: {left} and {right}")]
    CurrenciesDiffer {
        /// The currency of the amount computed upon.
        left: Currency,
        /// The currency of the other amount.
        right: Currency,
    },
    /// The result does not fit 64 bits.
    #[error("amount out of range")]
    OutOfRange,
    /// A share of nothing, or among nobody, was asked for.
    #[error("nothing to divide by")]
    DivisionByZero,
}

/// Says what becomes of the part of a minor unit that cannot be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest unit; a half goes to the even neighbor (ISO 80000-1 annex B, rule A).
    HalfEven,
    /// To the nearest unit; a half goes away from zero (ISO 80000-1 annex B, rule B).
    HalfUp,
    /// Toward negative infinity.
    Floor,
    /// Toward positive infinity.
    Ceiling,
}

impl Money {
    /// Makes an amount of `minor` units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Makes an amount of nothing.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Returns the minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Returns the currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Says whether the amount is above zero.
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Says whether the amount is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Adds an amount of the same currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrenciesDiffer`], then [`MoneyError::OutOfRange`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_add(other.minor))
    }

    /// Subtracts an amount of the same currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrenciesDiffer`], then [`MoneyError::OutOfRange`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_sub(other.minor))
    }

    /// Multiplies by `numerator / denominator` and rounds to whole minor units.
    ///
    /// # Errors
    /// [`MoneyError::DivisionByZero`], then [`MoneyError::OutOfRange`].
    pub fn times_ratio(
        self,
        numerator: i64,
        denominator: i64,
        rounding: Rounding,
    ) -> Result<Self, MoneyError> {
        if denominator == 0 {
            return Err(MoneyError::DivisionByZero);
        }
        let product = i128::from(self.minor) * i128::from(numerator);
        let rounded = divide(product, i128::from(denominator), rounding);
        self.with(i64::try_from(rounded).ok())
    }

    /// Splits into `parts` amounts that differ by at most one unit and sum to the whole.
    ///
    /// The first parts take the units that are left over.
    ///
    /// # Errors
    /// [`MoneyError::DivisionByZero`] for no parts.
    pub fn split(self, parts: u32) -> Result<Vec<Self>, MoneyError> {
        if parts == 0 {
            return Err(MoneyError::DivisionByZero);
        }
        let count = i64::from(parts);
        let (share, left) = (self.minor.div_euclid(count), self.minor.rem_euclid(count));
        Ok((0..count).map(|index| Self::new(share + i64::from(index < left), self.currency)).collect())
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrenciesDiffer { left: self.currency, right: other.currency })
    }

    fn with(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        minor.map(|minor| Self::new(minor, self.currency)).ok_or(MoneyError::OutOfRange)
    }
}

/// Divides with the named rounding; the denominator is not zero.
fn divide(numerator: i128, denominator: i128, rounding: Rounding) -> i128 {
    let (numerator, denominator) =
        if denominator < 0 { (-numerator, -denominator) } else { (numerator, denominator) };
    let (floor, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let up = match rounding {
        Rounding::Floor => false,
        Rounding::Ceiling => rest != 0,
        Rounding::HalfEven => rest * 2 > denominator || rest * 2 == denominator && floor % 2 != 0,
        Rounding::HalfUp => rest * 2 > denominator || rest * 2 == denominator && numerator >= 0,
    };
    floor + i128::from(up)
}

/// Shows the decimal amount and the code: `12.50 GBP`, `-0.05 EUR`, `1000 JPY`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.currency.exponent());
        let sign = if self.minor < 0 { "-" } else { "" };
        let text = format!("{:0width$}", self.minor.unsigned_abs(), width = digits + 1);
        let (whole, fraction) = text.split_at(text.len() - digits);
        let point = if digits == 0 { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gbp(minor: i64) -> Money {
        Money::new(minor, Currency::GBP)
    }

    #[test]
    fn sums_are_checked() {
        assert_eq!(gbp(1).plus(gbp(2)), Ok(gbp(3)));
        assert_eq!(gbp(1).minus(gbp(2)), Ok(gbp(-1)));
        assert_eq!(gbp(i64::MAX).plus(gbp(1)), Err(MoneyError::OutOfRange));
        assert_eq!(gbp(i64::MIN).minus(gbp(1)), Err(MoneyError::OutOfRange));
        let differ = MoneyError::CurrenciesDiffer { left: Currency::GBP, right: Currency::EUR };
        assert_eq!(gbp(1).plus(Money::new(1, Currency::EUR)), Err(differ));
    }

    #[test]
    fn each_rounding_does_what_its_name_says() {
        for (minor, half_even, half_up, floor, ceiling) in
            [(5, 2, 3, 2, 3), (7, 4, 4, 3, 4), (-5, -2, -3, -3, -2), (-7, -4, -4, -4, -3), (4, 2, 2, 2, 2)]
        {
            for (rounding, expected) in [
                (Rounding::HalfEven, half_even),
                (Rounding::HalfUp, half_up),
                (Rounding::Floor, floor),
                (Rounding::Ceiling, ceiling),
            ] {
                assert_eq!(gbp(minor).times_ratio(1, 2, rounding), Ok(gbp(expected)), "{minor} {rounding:?}");
                assert_eq!(gbp(minor).times_ratio(-1, -2, rounding), Ok(gbp(expected)), "signs cancel");
            }
        }
        assert_eq!(gbp(1).times_ratio(1, 0, Rounding::Floor), Err(MoneyError::DivisionByZero));
        assert_eq!(gbp(i64::MAX).times_ratio(2, 1, Rounding::Floor), Err(MoneyError::OutOfRange));
    }

    #[test]
    fn a_split_gives_back_the_whole() {
        assert_eq!(gbp(100).split(3), Ok(vec![gbp(34), gbp(33), gbp(33)]));
        assert_eq!(gbp(-100).split(3), Ok(vec![gbp(-33), gbp(-33), gbp(-34)]));
        assert_eq!(gbp(1).split(0), Err(MoneyError::DivisionByZero));
    }

    #[test]
    fn amounts_are_shown_with_their_currencys_decimals() {
        for (minor, code, text) in [
            (1250, "GBP", "12.50 GBP"),
            (-5, "EUR", "-0.05 EUR"),
            (1000, "JPY", "1000 JPY"),
            (1, "KWD", "0.001 KWD"),
            (i64::MIN, "USD", "-92233720368547758.08 USD"),
        ] {
            assert_eq!(Money::new(minor, code.parse().expect(code)).to_string(), text);
        }
    }

    #[test]
    fn json_names_the_unit() {
        let json = serde_json::to_string(&gbp(1250)).expect("serializable");
        assert_eq!(json, r#"{"amount_minor":1250,"currency":"GBP"}"#);
        assert_eq!(serde_json::from_str::<Money>(&json).expect("readable"), gbp(1250));
        assert!(serde_json::from_str::<Money>(r#"{"amount_minor":12.5,"currency":"GBP"}"#).is_err());
        assert!(serde_json::from_str::<Money>(r#"{"amount_minor":1,"currency":"GBP","x":1}"#).is_err());
    }
}
