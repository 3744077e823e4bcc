//! What the identifiers that people type have in common: one text form, shown in part.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Reads a value from its text form; the error never repeats the text.
pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    <Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// Drops white space and makes letters capital, as people print numbers in groups.
pub(crate) fn compact(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// Reads ASCII digits as a number; `None` for anything else, a sign included.
pub(crate) fn digits<T: FromStr>(text: &str) -> Option<T> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Describes a text form to readers of the API.
#[cfg(feature = "openapi")]
pub(crate) fn schema(
    description: &str,
    pattern: &str,
    example: &str,
) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some(description))
        .pattern(Some(pattern))
        .examples([example])
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_digits_are_a_number() {
        assert_eq!(digits("0042"), Some(42_u32));
        for text in ["", "+1", "-1", "1 2", "١٢", "99999999999"] {
            assert_eq!(digits::<u32>(text), None, "{text}");
        }
    }
}
