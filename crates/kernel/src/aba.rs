//! Routing numbers of the American Bankers Association: banks of the United States.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::text;

/// Names a bank of the United States by nine digits, the last a check digit.
///
/// Layout and check follow the ABA Routing Number Policy: four digits of the Federal Reserve's district,
/// four of the institution, one check digit. That a number is well formed does not say that it is
/// assigned: the Federal Reserve's directories do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbaRoutingNumber(u32);

/// Says why a text is not a routing number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AbaRoutingNumberError {
    /// It is shorter or longer, or has other characters.
    #[error("a routing number has nine digits")]
    NotNineDigits,
    /// The first two digits name no district of the Federal Reserve.
    #[error("a routing number begins with 00 to 12, 21 to 32, 61 to 72 or 80")]
    Prefix,
    /// The check digit does not match: a digit is mistyped, or two are swapped.
    #[error("the check digit of the routing number does not match")]
    CheckDigit,
}

/// Weights of the nine digits; each has no factor in common with ten, so that every single error shows.
const WEIGHTS: [u32; 9] = [3, 7, 1, 3, 7, 1, 3, 7, 1];

/// Parses nine digits, with white space around them.
///
/// # Errors
/// The variants of [`AbaRoutingNumberError`] in their order. Nine zeros pass the check digit and name
/// nobody: they fail as [`AbaRoutingNumberError::Prefix`].
impl FromStr for AbaRoutingNumber {
    type Err = AbaRoutingNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let number: u32 = text::digits(text).ok_or(AbaRoutingNumberError::NotNineDigits)?;
        if text.len() != WEIGHTS.len() {
            return Err(AbaRoutingNumberError::NotNineDigits);
        }
        if number == 0 || !matches!(number / 10_000_000, 0..=12 | 21..=32 | 61..=72 | 80) {
            return Err(AbaRoutingNumberError::Prefix);
        }
        let sum: u32 =
            text.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        if !sum.is_multiple_of(10) {
            return Err(AbaRoutingNumberError::CheckDigit);
        }
        Ok(Self(number))
    }
}

impl fmt::Display for AbaRoutingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

impl Serialize for AbaRoutingNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AbaRoutingNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for AbaRoutingNumber {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        text::schema("ABA routing number", "^[0-9]{9}$", "021000021")
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for AbaRoutingNumber {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_numbers_are_kept_with_their_zeros() {
        for text in ["021000021", "011000015", "322271627", "655060042", "122105155"] {
            assert_eq!(text.parse::<AbaRoutingNumber>().expect(text).to_string(), text);
        }
        assert!(" 021000021\n".parse::<AbaRoutingNumber>().is_ok());
    }

    #[test]
    fn each_refusal_says_what_is_wrong() {
        for (text, error) in [
            ("", AbaRoutingNumberError::NotNineDigits),
            ("02100002", AbaRoutingNumberError::NotNineDigits),
            ("0210000210", AbaRoutingNumberError::NotNineDigits),
            ("+21000021", AbaRoutingNumberError::NotNineDigits),
            ("02100002A", AbaRoutingNumberError::NotNineDigits),
            ("021 00002", AbaRoutingNumberError::NotNineDigits),
            ("131000020", AbaRoutingNumberError::Prefix),
            ("790000000", AbaRoutingNumberError::Prefix),
            ("000000000", AbaRoutingNumberError::Prefix),
            ("021000022", AbaRoutingNumberError::CheckDigit),
        ] {
            assert_eq!(text.parse::<AbaRoutingNumber>(), Err(error), "{text}");
        }
    }
}
