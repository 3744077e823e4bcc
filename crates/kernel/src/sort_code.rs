//! Sort codes: branches of banks in the United Kingdom.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::text;

/// Names a branch of a bank of the United Kingdom by six digits, shown as `12-34-56`.
///
/// Whether a sort code is assigned is known only to the Extended Industry Sort Code Directory, which is licensed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortCode(u32);

/// Says that a text is not a sort code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a sort code has six digits, as 123456 or 12-34-56")]
pub struct SortCodeError;

impl SortCode {
    /// Returns the six digits without hyphens, as they stand in an IBAN.
    pub fn digits(self) -> String {
        format!("{:06}", self.0)
    }
}

/// Parses six digits, or three pairs between hyphens or spaces, with white space around them.
impl FromStr for SortCode {
    type Err = SortCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pairs: Vec<&str> = text.trim().split(['-', ' ']).collect();
        let well_formed = match *pairs {
            [whole] => whole.len() == 6,
            [_, _, _] => pairs.iter().all(|pair| pair.len() == 2),
            _ => false,
        };
        if !well_formed {
            return Err(SortCodeError);
        }
        text::digits(&pairs.concat()).map(Self).ok_or(SortCodeError)
    }
}

impl fmt::Display for SortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}-{:02}", self.0 / 10_000, self.0 / 100 % 100, self.0 % 100)
    }
}

impl Serialize for SortCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SortCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for SortCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        text::schema("UK sort code", "^[0-9]{2}-?[0-9]{2}-?[0-9]{2}$", "12-34-56")
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for SortCode {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_and_spaces_make_no_difference() {
        let expected: SortCode = "001122".parse().expect("a sort code");
        for text in ["00-11-22", "00 11 22", " 001122 "] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        assert_eq!((expected.to_string().as_str(), expected.digits().as_str()), ("00-11-22", "001122"));
    }

    #[test]
    fn anything_but_six_digits_is_refused() {
        for text in
            ["", "12345", "1234567", "12-3456", "12 34", "-123456", "1-23-456", "+12345", "12345a", "12é456"]
        {
            assert_eq!(text.parse::<SortCode>(), Err(SortCodeError), "{text}");
        }
    }
}
