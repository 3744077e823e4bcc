//! What people type in, checked.

use std::str::FromStr;

use crate::mail;

/// Says that a text is not what the field asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnfitInput(&'static str);

/// Holds an e-mail address that mail can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

/// Holds a person's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullName(String);

/// Holds a language tag such as `en` or `de-AT` (BCP 47, language and region only).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale(String);

impl Email {
    /// Returns the address as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what makes the address unique.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for Email {
    type Err = UnfitInput;

    fn from_str(text: &str) -> Result<Self, UnfitInput> {
        let text = text.trim();
        let fits = mail::is_address(text);
        fits.then(|| Self(text.to_owned())).ok_or(UnfitInput("not an e-mail address"))
    }
}

impl FullName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<FullName> for String {
    fn from(name: FullName) -> Self {
        name.0
    }
}

impl FromStr for FullName {
    type Err = UnfitInput;

    fn from_str(text: &str) -> Result<Self, UnfitInput> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let fits = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then_some(Self(text)).ok_or(UnfitInput("a name has 1 to 200 characters"))
    }
}

impl Locale {
    /// Returns the tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Locale {
    type Err = UnfitInput;

    fn from_str(text: &str) -> Result<Self, UnfitInput> {
        let (language, region) = text.split_once('-').map_or((text, None), |(a, b)| (a, Some(b)));
        let is_language =
            (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_region = region
            .is_none_or(|region| region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_uppercase()));
        let fits = is_language && is_region;
        fits.then(|| Self(text.to_owned())).ok_or(UnfitInput("a language tag such as en or de-AT"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_in_any_case() {
        let email: Email = " Ada@Example.com ".parse().expect("an address");
        assert_eq!((email.as_str(), email.key().as_str()), ("Ada@Example.com", "ada@example.com"));
        assert!("ada".parse::<Email>().is_err());
    }

    #[test]
    fn names_lose_spare_blanks_and_hold_no_control_letters() {
        assert_eq!("  Ada   Lovelace ".parse::<FullName>().expect("a name").as_str(), "Ada Lovelace");
        assert!("".parse::<FullName>().is_err());
        assert!("a\u{7}b".parse::<FullName>().is_err());
        assert!("x".repeat(201).parse::<FullName>().is_err());
    }

    #[test]
    fn locales_are_language_and_region() {
        for (text, fits) in [("en", true), ("de-AT", true), ("EN", false), ("de_AT", false), ("de-at", false)]
        {
            assert_eq!(text.parse::<Locale>().is_ok(), fits, "{text}");
        }
    }
}
