//! Business identifier codes: banks in payment messages (ISO 9362).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::{CountryCode, text};

/// Names an institution, or one of its branches, as ISO 9362:2022 §4 lays it out.
///
/// Four letters or digits of the business party's prefix, its country, two letters or digits of its
/// suffix and, for a branch, three more. Branch `XXX` is the institution itself, so that `MIDLGB22` and
/// `MIDLGB22XXX` are equal; it is shown in eight characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bic {
    /// Eleven characters, `XXX` filled in.
    code: [u8; LONG],
    country: CountryCode,
}

/// Says why a text is not a business identifier code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BicError {
    /// It is neither of the two lengths.
    #[error("a BIC has 8 or 11 characters")]
    Length,
    /// It has other characters than letters and digits.
    #[error("a BIC has only letters and digits")]
    Characters,
    /// The fifth and sixth characters name no country.
    #[error("the fifth and sixth characters of a BIC are a country code of ISO 3166-1")]
    Country,
}

const SHORT: usize = 8;
const LONG: usize = 11;
const WHOLE_INSTITUTION: &[u8; LONG - SHORT] = b"XXX";

impl Bic {
    /// Returns the shortest form: 8 characters for an institution, 11 for a branch.
    pub fn as_str(&self) -> &str {
        if self.branch().is_some() { self.as_long_str() } else { self.part(0, SHORT) }
    }

    /// Returns 11 characters, `XXX` for the institution itself: one text for equal codes.
    pub fn as_long_str(&self) -> &str {
        self.part(0, LONG)
    }

    /// Returns the four characters of the business party's prefix.
    pub fn prefix(&self) -> &str {
        self.part(0, 4)
    }

    /// Returns the country of the business party.
    pub const fn country(&self) -> CountryCode {
        self.country
    }

    /// Returns the two characters of the business party's suffix.
    pub fn suffix(&self) -> &str {
        self.part(6, SHORT)
    }

    /// Returns the branch; `None` for the institution itself.
    pub fn branch(&self) -> Option<&str> {
        (&self.code[SHORT..] != WHOLE_INSTITUTION).then(|| self.part(SHORT, LONG))
    }

    /// Says whether the code is for tests only: SWIFT marks those by `0` as the eighth character.
    pub const fn is_test(&self) -> bool {
        self.code[SHORT - 1] == b'0'
    }

    fn part(&self, from: usize, to: usize) -> &str {
        std::str::from_utf8(&self.code[from..to]).expect("parsed as ASCII")
    }
}

/// Parses 8 or 11 characters in any case, with white space around them.
///
/// # Errors
/// The variants of [`BicError`] in their order.
impl FromStr for Bic {
    type Err = BicError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if !matches!(text.chars().count(), SHORT | LONG) {
            return Err(BicError::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(BicError::Characters);
        }
        let text = text.to_ascii_uppercase();
        let country = text[4..6].parse().map_err(|_| BicError::Country)?;
        let mut code = [b'X'; LONG];
        code[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { code, country })
    }
}

impl fmt::Display for Bic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Bic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bic({self})")
    }
}

impl Serialize for Bic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Bic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Bic {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        text::schema("BIC (ISO 9362)", "^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$", "MIDLGB22")
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Bic {}

#[cfg(test)]
mod tests {
    use super::*;

    fn bic(text: &str) -> Bic {
        text.parse().expect(text)
    }

    #[test]
    fn a_code_falls_into_its_parts() {
        let branch = bic(" deutdeff500 ");
        assert_eq!((branch.prefix(), branch.country(), branch.suffix()), ("DEUT", CountryCode::DE, "FF"));
        assert_eq!((branch.branch(), branch.as_str()), (Some("500"), "DEUTDEFF500"));
        assert_eq!(format!("{branch:?}"), "Bic(DEUTDEFF500)");
        assert_eq!(bic("E097AEXX").prefix(), "E097", "prefixes may have digits since 2014");
        assert_eq!(bic("NCBVXKPR").country().as_str(), "XK");
    }

    #[test]
    fn eight_characters_and_the_branch_xxx_are_the_same_institution() {
        assert_eq!(bic("MIDLGB22"), bic("MIDLGB22XXX"));
        assert_ne!(bic("MIDLGB22"), bic("MIDLGB22XX1"));
        assert_eq!(bic("MIDLGB22XXX").to_string(), "MIDLGB22");
        assert_eq!((bic("MIDLGB22").branch(), bic("MIDLGB22").as_long_str()), (None, "MIDLGB22XXX"));
    }

    #[test]
    fn a_zero_in_the_eighth_place_marks_a_test_code() {
        assert!(bic("FLRNGB20").is_test() && bic("FLRNGB20XXX").is_test());
        assert!(!bic("FLRNGB02").is_test());
    }

    #[test]
    fn each_refusal_says_what_is_wrong() {
        for (text, error) in [
            ("", BicError::Length),
            ("MIDLGB2", BicError::Length),
            ("MIDLGB22X", BicError::Length),
            ("MIDLGB22XXXX", BicError::Length),
            ("MIDL GB2", BicError::Characters),
            ("MIDLGB2é", BicError::Characters),
            ("MIDLUK22", BicError::Country),
            ("MIDL2222", BicError::Country),
        ] {
            assert_eq!(text.parse::<Bic>(), Err(error), "{text}");
        }
    }

    #[test]
    fn json_holds_the_shortest_form() {
        let json = serde_json::to_string(&bic("MIDLGB22XXX")).expect("serializable");
        assert_eq!(json, "\"MIDLGB22\"");
        assert_eq!(serde_json::from_str::<Bic>(&json).expect("readable"), bic("MIDLGB22"));
    }
}
