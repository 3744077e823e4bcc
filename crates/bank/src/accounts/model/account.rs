//! Accounts as customers know them: a number, a name of their own, a product.

use std::fmt;
use std::str::FromStr;

use kernel::{AccountNumber, CountryCode, Currency, account_number, contains_card_number};
use serde::{Deserialize, Deserializer};

use crate::settings::BankCodes;

/// Holds what the ledger does not know about an account.
pub mod account_row {
    use kernel::{AccountId, AccountNumber, CountryCode, Instant};
    use sea_orm::entity::prelude::*;

    use super::super::product::product_row;

    /// Mirrors the table `accounts`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "accounts")]
    pub struct Model {
        /// The account's name in the ledger, too.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AccountId,
        /// What was opened.
        pub product_code: String,
        /// The number that payers use.
        pub number: AccountNumber,
        /// Where the number is from.
        pub country: CountryCode,
        /// What the owners call it.
        pub nickname: Option<String>,
        /// Number and nickname in lower case.
        pub search_text: String,
        /// When it was opened; an import keeps the day of the other system.
        pub opened_at: Instant,
        /// When it was closed.
        pub closed_at: Option<Instant>,
    }

    /// Names the product that was opened.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        /// See [`Model::product_code`].
        #[sea_orm(
            belongs_to = "product_row::Entity",
            from = "Column::ProductCode",
            to = "product_row::Column::Code"
        )]
        Product,
    }

    impl Related<product_row::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Product.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub use account_row::Model as Account;

/// Holds the name that owners give an account: 1 to 60 characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nickname(String);

/// Says that a text is no nickname.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a nickname has 1 to 60 characters and no card number")]
pub struct NicknameError;

const LONGEST_NICKNAME: usize = 60;

impl FromStr for Nickname {
    type Err = NicknameError;

    fn from_str(text: &str) -> Result<Self, NicknameError> {
        let text = text.trim();
        let fits = (1..=LONGEST_NICKNAME).contains(&text.chars().count());
        if !fits || contains_card_number(text) || text.chars().any(char::is_control) {
            return Err(NicknameError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Nickname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Nickname {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Says why the bank cannot make a number in a country.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The bank makes no numbers there.
    #[error("the bank makes no account numbers in {0}")]
    CountryNotOffered(CountryCode),
    /// The operator's codes for the country do not fit its numbers.
    #[error("the bank's code for {0} is not valid")]
    BankCode(CountryCode),
}

/// Returns the country that an account's number is from when the customer does not say.
pub fn usual_country(currency: Currency) -> CountryCode {
    match currency {
        Currency::EUR => CountryCode::DE,
        Currency::USD => CountryCode::US,
        _ => CountryCode::GB,
    }
}

/// Makes the account number with the bank's own codes.
///
/// # Errors
/// [`NumberError::CountryNotOffered`], then [`NumberError::BankCode`].
pub fn make_number(
    codes: &BankCodes,
    country: CountryCode,
    serial: u64,
) -> Result<AccountNumber, NumberError> {
    let made = match country {
        CountryCode::GB => codes.gb_sort_code.parse().ok().and_then(|sort_code| {
            account_number::gb(&codes.gb_bank, sort_code, serial).ok().map(AccountNumber::from)
        }),
        CountryCode::DE => account_number::de(&codes.de_bank, serial).ok().map(AccountNumber::from),
        CountryCode::AT => account_number::at(&codes.at_bank, serial).ok().map(AccountNumber::from),
        CountryCode::US => codes
            .us_routing
            .parse()
            .ok()
            .and_then(|routing| account_number::us(routing, serial).ok().map(AccountNumber::from)),
        other => return Err(NumberError::CountryNotOffered(other)),
    };
    made.ok_or(NumberError::BankCode(country))
}

/// Returns what the staff's search box finds an account by.
pub fn search_text(number: &AccountNumber, nickname: Option<&str>) -> String {
    format!("{number} {}", nickname.unwrap_or_default()).trim_end().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_made_with_the_banks_codes() {
        let codes = BankCodes::sample();
        for (country, serial, number) in [
            (CountryCode::GB, 10_000_001, "GB20FLRN04000410000001"),
            (CountryCode::DE, 1_000_000_001, "DE75100199001000000001"),
            (CountryCode::AT, 10_000_000_001, "AT431999010000000001"),
            (CountryCode::US, 1_000_000_001, "091000019:1000000001"),
        ] {
            let made = make_number(&codes, country, serial).expect("a number");
            assert_eq!(made.to_string()[4..], number[4..], "{country}");
            assert_eq!(made.to_string().parse(), Ok(made));
        }
    }

    #[test]
    fn a_country_without_a_code_of_the_bank_is_refused() {
        let france: CountryCode = "FR".parse().expect("a country");
        let codes = BankCodes { us_routing: "123456789".to_owned(), ..BankCodes::sample() };
        assert_eq!(make_number(&codes, france, 1), Err(NumberError::CountryNotOffered(france)));
        let us = make_number(&codes, CountryCode::US, 1);
        assert_eq!(us, Err(NumberError::BankCode(CountryCode::US)));
    }

    #[test]
    fn a_nickname_is_a_short_line() {
        assert_eq!(" Holidays ".parse(), Ok(Nickname("Holidays".to_owned())));
        for text in ["", "\n", "a\nb", &"é".repeat(61)] {
            assert_eq!(text.parse::<Nickname>(), Err(NicknameError));
        }
    }
}
