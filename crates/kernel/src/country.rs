//! Countries by their two-letter codes (ISO 3166-1 alpha-2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::text;

/// Names a country by its officially assigned alpha-2 code (ISO 3166-1:2020 §5.2).
///
/// Kosovo's user-assigned `XK` is a country too: the registries of ISO 13616 and ISO 9362 issue under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "database", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "database", sea_orm(value_type = "String"))]
pub struct CountryCode(&'static str);

/// Says that a text is not the code of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a two-letter country code of ISO 3166-1")]
pub struct CountryCodeError;

impl CountryCode {
    /// Austria.
    pub const AT: Self = Self("AT");
    /// Germany.
    pub const DE: Self = Self("DE");
    /// The United Kingdom.
    pub const GB: Self = Self("GB");
    /// The United States.
    pub const US: Self = Self("US");

    /// Returns the two capital letters.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Lists every country, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.into_iter().map(Self)
    }
}

impl FromStr for CountryCode {
    type Err = CountryCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        CODES.binary_search(&text).map(|index| Self(CODES[index])).map_err(|_| CountryCodeError)
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for CountryCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for CountryCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for CountryCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        text::schema("Country (ISO 3166-1 alpha-2)", "^[A-Z]{2}$", "GB")
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for CountryCode {}

/// The 249 assigned codes and `XK`, sorted for the search.
#[rustfmt::skip]
const CODES: [&str; 250] = [
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA",
    "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV",
    "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU",
    "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES",
    "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM",
    "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE",
    "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM",
    "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY",
    "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT",
    "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU",
    "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA",
    "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM",
    "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL",
    "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE",
    "VG", "VI", "VN", "VU", "WF", "WS", "XK", "YE", "YT", "ZA", "ZM", "ZW",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert!(CODES.is_sorted());
        assert_eq!(CountryCode::all().filter(|code| code.as_str() != "XK").count(), 249);
        for listed in ["AT", "DE", "GB", "US"] {
            assert_eq!(listed.parse::<CountryCode>().map(CountryCode::as_str), Ok(listed));
        }
    }

    #[test]
    fn what_is_not_assigned_is_refused() {
        for text in ["UK", "EU", "ZZ", "gb", "G", "GBR", "", "ÄÖ", "AN"] {
            assert_eq!(text.parse::<CountryCode>(), Err(CountryCodeError), "{text}");
        }
    }
}
