//! Currencies and their minor units (ISO 4217).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Names a currency of ISO 4217 that has minor units.
///
/// Precious metals, bond units, test codes and "no currency" have none and are refused: an amount in
/// them cannot be counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "database", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "database", sea_orm(value_type = "String"))]
pub struct Currency(Code);

/// Keeps the alphabetic code in three bytes, so that a currency is as cheap as an integer.
type Code = [u8; 3];

/// Says that a text is not the code of a currency that can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not an ISO 4217 currency code with minor units")]
pub struct CurrencyError;

impl Currency {
    /// Pound sterling.
    pub const GBP: Self = Self(*b"GBP");
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");
    /// United States dollar.
    pub const USD: Self = Self(*b"USD");
    /// Czech koruna.
    pub const CZK: Self = Self(*b"CZK");
    /// Japanese yen, which has no decimals.
    pub const JPY: Self = Self(*b"JPY");

    /// Returns the alphabetic code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a listed code is ASCII")
    }

    /// Returns how many decimals an amount has: 2 for GBP, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u8 {
        let listed = iso_currency::Currency::from_code(self.code());
        listed
            .and_then(iso_currency::Currency::exponent)
            .and_then(|digits| u8::try_from(digits).ok())
            .expect("a currency is made from a listed code with minor units")
    }

    /// Returns the English name.
    pub fn name(self) -> String {
        let listed = iso_currency::Currency::from_code(self.code());
        listed.map(|currency| currency.name().to_owned()).unwrap_or_default()
    }

    /// Lists every currency that can be counted, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        use iso_currency::IntoEnumIterator;
        iso_currency::Currency::iter().filter_map(|listed| listed.code().parse().ok())
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let listed = iso_currency::Currency::from_code(text).ok_or(CurrencyError)?;
        listed.exponent().ok_or(CurrencyError)?;
        let code = text.as_bytes().try_into().map_err(|_| CurrencyError)?;
        Ok(Self(code))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("ISO 4217 alphabetic code"))
            .pattern(Some("^[A-Z]{3}$"))
            .examples(["GBP"])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Currency {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_follow_the_standard() {
        for (code, exponent) in [("GBP", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("ISK", 0)] {
            let currency: Currency = code.parse().expect(code);
            assert_eq!((currency.exponent(), currency.to_string().as_str()), (exponent, code));
        }
    }

    #[test]
    fn what_cannot_be_counted_is_no_currency() {
        for code in ["XAU", "XXX", "XTS", "gbp", "GB", "GBPP", "", "£££"] {
            assert_eq!(code.parse::<Currency>(), Err(CurrencyError), "{code}");
        }
    }
}
