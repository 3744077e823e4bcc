//! Why something was done, in the actor's words.

use std::fmt;
use std::str::FromStr;

use kernel::contains_card_number;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Holds a reason: 1 to 500 characters without white space around, and within no control character
/// and no payment card's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

/// Says that a text is no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reason has 1 to 500 characters and no card number")]
pub struct ReasonError;

const LONGEST: usize = 500;

impl Reason {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, ReasonError> {
        let text = text.trim();
        let fits = (1..=LONGEST).contains(&text.chars().count());
        if !fits
            || contains_card_number(text)
            || text.chars().any(|letter| letter.is_control() && letter != '\n')
        {
            return Err(ReasonError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Reason {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("Why, in the actor's words; kept in the audit log"))
            .min_length(Some(1))
            .max_length(Some(LONGEST))
            .examples(["Asked for by the customer on the phone"])
            .into()
    }
}

impl utoipa::ToSchema for Reason {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_short_text_that_says_something() {
        assert_eq!(
            " fraud suspected \n".parse::<Reason>().map(String::from),
            Ok("fraud suspected".to_owned())
        );
        for text in ["", "  ", "a\u{0}b", &"x".repeat(501)] {
            assert_eq!(text.parse::<Reason>(), Err(ReasonError));
        }
    }
}
