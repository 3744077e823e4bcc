//! Amounts of money: whole minor units of one currency, with checked arithmetic.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Currency, Rounding};

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
        let rounded = rounding.divide(product, i128::from(denominator));
        self.with(i64::try_from(rounded).ok())
    }

    /// Splits into `parts` amounts that differ by at most one unit and sum to the whole.
    ///
    /// The first parts take the units that are left over. A negative amount splits into the negatives of
    /// the parts of the positive one, so that a reversal mirrors what it reverses.
    ///
    /// # Errors
    /// [`MoneyError::DivisionByZero`] for no parts.
    pub fn split(self, parts: u32) -> Result<Vec<Self>, MoneyError> {
        self.split_by_weights(&vec![1; parts as usize])
    }

    /// Splits in proportion to `weights` into amounts that sum to the whole (largest remainder).
    ///
    /// Each part is its exact share rounded down or up; the units left over go to the largest fractions,
    /// among equals to the first. Negative amounts as in [`Money::split`].
    ///
    /// # Errors
    /// [`MoneyError::DivisionByZero`] when there are no weights, or none above zero.
    pub fn split_by_weights(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let total: u128 = weights.iter().copied().map(u128::from).sum();
        if total == 0 {
            return Err(MoneyError::DivisionByZero);
        }
        // 63 bits by 64 bits: the products fit.
        let whole = u128::from(self.minor.unsigned_abs());
        let exact = |weight: &u64| whole * u128::from(*weight);
        let mut shares: Vec<u128> = weights.iter().map(|weight| exact(weight) / total).collect();
        let mut by_fraction: Vec<usize> = (0..weights.len()).collect();
        by_fraction.sort_by_key(|&index| std::cmp::Reverse(exact(&weights[index]) % total));
        let mut left = whole - shares.iter().sum::<u128>();
        for index in by_fraction {
            if left == 0 {
                break;
            }
            shares[index] += 1;
            left -= 1;
        }
        shares.into_iter().map(|share| self.with_magnitude(share)).collect()
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrenciesDiffer { left: self.currency, right: other.currency })
    }

    fn with_magnitude(self, magnitude: u128) -> Result<Self, MoneyError> {
        let signed = i128::try_from(magnitude).ok().map(|it| it * i128::from(self.minor.signum()));
        self.with(signed.and_then(|it| i64::try_from(it).ok()))
    }

    fn with(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        minor.map(|minor| Self::new(minor, self.currency)).ok_or(MoneyError::OutOfRange)
    }
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
    fn a_ratio_is_rounded_as_named_and_checked() {
        assert_eq!(gbp(250).times_ratio(1, 100, Rounding::HalfEven), Ok(gbp(2)));
        assert_eq!(gbp(250).times_ratio(1, 100, Rounding::HalfUp), Ok(gbp(3)));
        assert_eq!(gbp(i64::MIN).times_ratio(i64::MAX, i64::MAX, Rounding::Floor), Ok(gbp(i64::MIN)));
        assert_eq!(gbp(1).times_ratio(1, 0, Rounding::Floor), Err(MoneyError::DivisionByZero));
        assert_eq!(gbp(i64::MAX).times_ratio(2, 1, Rounding::Floor), Err(MoneyError::OutOfRange));
        assert_eq!(gbp(i64::MIN).times_ratio(-1, 1, Rounding::Floor), Err(MoneyError::OutOfRange));
        assert_eq!(gbp(i64::MIN).times_ratio(i64::MIN, i64::MIN, Rounding::Down), Ok(gbp(i64::MIN)));
    }

    #[test]
    fn a_split_gives_back_the_whole() {
        assert_eq!(gbp(100).split(3), Ok(vec![gbp(34), gbp(33), gbp(33)]));
        assert_eq!(gbp(-100).split(3), Ok(vec![gbp(-34), gbp(-33), gbp(-33)]));
        assert_eq!(gbp(1).split(0), Err(MoneyError::DivisionByZero));
        assert_eq!(gbp(i64::MIN).split(1), Ok(vec![gbp(i64::MIN)]));
    }

    #[test]
    fn units_left_over_go_to_the_largest_fractions() {
        // Exact shares 14.28…, 28.57… and 57.14…: the unit left over goes to the second.
        assert_eq!(gbp(100).split_by_weights(&[1, 2, 4]), Ok(vec![gbp(14), gbp(29), gbp(57)]));
        assert_eq!(gbp(5).split_by_weights(&[1, 1]), Ok(vec![gbp(3), gbp(2)]), "among equals the first");
        assert_eq!(gbp(5).split_by_weights(&[0, 3]), Ok(vec![gbp(0), gbp(5)]));
        for weights in [&[][..], &[0, 0][..]] {
            assert_eq!(gbp(5).split_by_weights(weights), Err(MoneyError::DivisionByZero));
        }
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
