//! Account numbers as customers know them: how a bank makes its own, and one form to store and look up.
//!
//! Three kinds share one text form, so that a column and a search box need no second field:
//!
//! | Kind | Text | Recognized by |
//! |---|---|---|
//! | IBAN | `GB29NWBK60161331926819` | two letters, two digits, eleven or more letters and digits |
//! | United States | `021000021:0001234567` | a colon |
//! | Given by another system, kept on import | `576`, `19-2000145399/0800` | neither |
//!
//! A text belongs to one kind and is never tried as another: what looks like an IBAN and is wrong is
//! refused, since it is a typing error far more often than somebody's own numbering.
//!
//! Deliberately absent: the modulus check of United Kingdom account numbers (Vocalink's weight table is
//! licensed), Germany's check digit methods (each bank chooses one) and any directory of assigned codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::aba::AbaRoutingNumberError;
use crate::iban::IbanError;
use crate::{AbaRoutingNumber, Iban, MaskedNumber, text};

mod made;

pub use made::{at, de, gb, gb_parts, us};

/// Names an account at this or another bank; `Debug` masks, `Display` gives the text to store.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "database", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "database", sea_orm(value_type = "String"))]
pub enum AccountNumber {
    /// An international number.
    Iban(Iban),
    /// A routing number and an account number of the United States.
    Us(UsAccountNumber),
    /// A number of another system, kept as it was given.
    Given(GivenAccountNumber),
}

/// Holds a bank of the United States and an account of up to 17 digits there.
///
/// Leading zeros count, as in a check's MICR line; 17 places are what Nacha's entry detail record has.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UsAccountNumber {
    routing: AbaRoutingNumber,
    account: String,
}

/// Holds a number of another system: up to 34 letters, digits, `-`, `.`, `/` and `_`, letters capital.
///
/// 34 is what ISO 20022 gives to an account that is no IBAN (`Max34Text`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GivenAccountNumber(String);

/// Says why a text is not an account number; never repeats the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccountNumberError {
    /// See [`IbanError`].
    #[error(transparent)]
    Iban(#[from] IbanError),
    /// See [`AbaRoutingNumberError`].
    #[error(transparent)]
    Routing(#[from] AbaRoutingNumberError),
    /// What follows the routing number is no account.
    #[error("an account number of the united states has 1 to 17 digits")]
    UsAccount,
    /// It is too long, empty, or has other characters.
    #[error("an account number has 1 to 34 letters, digits and the signs - . / _")]
    Given,
    /// The bank's own code has the wrong form for the country.
    #[error("the bank code must be {0}")]
    BankCode(&'static str),
    /// The serial number has more digits than the country's accounts.
    #[error("the account's serial number needs more than {0} digits")]
    SerialTooLong(usize),
}

const US_ACCOUNT_DIGITS: usize = 17;
const GIVEN_LENGTH: usize = 34;
/// Norway's, the shortest of the registry.
const SHORTEST_IBAN: usize = 15;

impl AccountNumber {
    /// Returns the last four characters behind stars, for logs and for people who need not know all.
    pub fn masked(&self) -> MaskedNumber {
        match self {
            Self::Iban(iban) => iban.masked(),
            Self::Us(us) => MaskedNumber::of(&us.account),
            Self::Given(given) => MaskedNumber::of(&given.0),
        }
    }

    /// Returns the number as people read it: an IBAN in groups of four, any other as it is stored.
    pub fn grouped(&self) -> String {
        self.iban().map_or_else(|| self.to_string(), Iban::grouped)
    }

    /// Returns the IBAN, if it is one.
    pub const fn iban(&self) -> Option<&Iban> {
        match self {
            Self::Iban(iban) => Some(iban),
            Self::Us(_) | Self::Given(_) => None,
        }
    }
}

impl UsAccountNumber {
    /// Joins a routing number and an account of 1 to 17 digits.
    ///
    /// # Errors
    /// [`AccountNumberError::UsAccount`].
    pub fn new(routing: AbaRoutingNumber, account: &str) -> Result<Self, AccountNumberError> {
        let fits = (1..=US_ACCOUNT_DIGITS).contains(&account.len());
        if !fits || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AccountNumberError::UsAccount);
        }
        Ok(Self { routing, account: account.to_owned() })
    }

    /// Returns the bank's routing number.
    pub const fn routing(&self) -> AbaRoutingNumber {
        self.routing
    }

    /// Returns the account's digits, leading zeros included.
    pub fn account(&self) -> &str {
        &self.account
    }
}

impl GivenAccountNumber {
    /// Returns the number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parses the text form in any case, with white space anywhere.
///
/// # Errors
/// Those of the kind that the text belongs to (see the module).
impl FromStr for AccountNumber {
    type Err = AccountNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text::compact(text);
        if let Some((routing, account)) = text.split_once(':') {
            return Ok(Self::Us(UsAccountNumber::new(routing.parse()?, account)?));
        }
        if looks_like_an_iban(&text) {
            return Ok(Self::Iban(text.parse()?));
        }
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-./_".contains(&byte);
        if !(1..=GIVEN_LENGTH).contains(&text.len()) || !text.bytes().all(known) {
            return Err(AccountNumberError::Given);
        }
        Ok(Self::Given(GivenAccountNumber(text)))
    }
}

impl From<Iban> for AccountNumber {
    fn from(iban: Iban) -> Self {
        Self::Iban(iban)
    }
}

impl From<UsAccountNumber> for AccountNumber {
    fn from(us: UsAccountNumber) -> Self {
        Self::Us(us)
    }
}

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iban(iban) => iban.fmt(f),
            Self::Us(us) => us.fmt(f),
            Self::Given(given) => f.write_str(&given.0),
        }
    }
}

impl fmt::Display for UsAccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.routing, self.account)
    }
}

impl fmt::Debug for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountNumber({})", self.masked())
    }
}

impl fmt::Debug for UsAccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UsAccountNumber({}:{})", self.routing, MaskedNumber::of(&self.account))
    }
}

impl fmt::Debug for GivenAccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GivenAccountNumber({})", MaskedNumber::of(&self.0))
    }
}

impl Serialize for AccountNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for AccountNumber {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let kinds = "IBAN, or routing number, colon and account (US), or a number kept on import";
        text::schema(kinds, "^[A-Z0-9:./_-]{1,34}$", "GB29NWBK60161331926819")
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for AccountNumber {}

fn looks_like_an_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= SHORTEST_IBAN
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric)
}
