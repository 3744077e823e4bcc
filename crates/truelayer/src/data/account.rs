//! Accounts and their balances.

use kernel::{Currency, Iban, Secret, SortCode};
use serde::Deserialize;

use super::meaningful;
use crate::decimal::Decimal;
use crate::timestamp::{Timestamp, lenient};

/// Describes an account at a bank.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// The service's name for it; may change when the link is made anew, so it identifies nothing by itself.
    pub account_id: String,
    /// What sort of account it is.
    #[serde(default)]
    pub account_type: AccountType,
    /// How the user knows it.
    pub display_name: Secret<String>,
    /// Its currency.
    pub currency: Currency,
    /// Its numbers.
    pub account_number: AccountNumbers,
    /// Its bank.
    #[serde(default)]
    pub provider: Option<AccountProvider>,
    /// When the service asked the bank.
    #[serde(default, deserialize_with = "lenient")]
    pub update_timestamp: Option<Timestamp>,
}

/// Says what sort of account it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountType {
    /// A current account.
    Transaction,
    /// A savings account.
    Savings,
    /// A current account of a business.
    BusinessTransaction,
    /// A savings account of a business.
    BusinessSavings,
    /// The bank does not say, or says something new.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Holds the numbers that a bank gives out, each only where it exists.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccountNumbers {
    iban: Option<Secret<String>>,
    number: Option<Secret<String>>,
    sort_code: Option<Secret<String>>,
    swift_bic: Option<Secret<String>>,
    routing_number: Option<Secret<String>>,
    bsb: Option<Secret<String>>,
}

impl AccountNumbers {
    /// Returns the IBAN, if it is one: check digits and all.
    pub fn iban(&self) -> Option<Iban> {
        meaningful(self.iban.as_ref())?.parse().ok()
    }

    /// Returns the number inside the bank (United Kingdom, Australia, United States).
    pub fn number(&self) -> Option<&str> {
        meaningful(self.number.as_ref())
    }

    /// Returns the sort code (United Kingdom).
    pub fn sort_code(&self) -> Option<SortCode> {
        meaningful(self.sort_code.as_ref())?.parse().ok()
    }

    /// Returns the bank's BIC; placeholders such as `NOT_SUPPORTED_BY_GEO` count as none.
    pub fn bic(&self) -> Option<&str> {
        meaningful(self.swift_bic.as_ref())
    }

    /// Returns the routing number (United States).
    pub fn routing_number(&self) -> Option<&str> {
        meaningful(self.routing_number.as_ref())
    }

    /// Returns the bank and branch (Australia).
    pub fn bsb(&self) -> Option<&str> {
        meaningful(self.bsb.as_ref())
    }
}

/// Names an account's bank.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AccountProvider {
    /// Its name at the service.
    #[serde(default)]
    pub provider_id: Option<String>,
}

/// Holds what is on an account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AccountBalance {
    /// The currency of all amounts.
    pub currency: Currency,
    /// What is booked; pending transactions do not count.
    pub current: Decimal,
    /// What can be spent: pending transactions and the overdraft count.
    #[serde(default)]
    pub available: Option<Decimal>,
    /// How far the account may be overdrawn.
    #[serde(default)]
    pub overdraft: Option<Decimal>,
    /// When the service asked the bank.
    #[serde(default, deserialize_with = "lenient")]
    pub update_timestamp: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_nonsense_are_no_numbers() {
        let json = r#"{"iban":"GB29NWBK60161331926818","number":" ","sort_code":"12-34-56",
            "swift_bic":"NOT_SUPPORTED_BY_GEO"}"#;
        let numbers: AccountNumbers = serde_json::from_str(json).expect("numbers");
        assert_eq!((numbers.iban(), numbers.number(), numbers.bic()), (None, None, None));
        assert_eq!(numbers.sort_code(), "123456".parse().ok());
    }

    #[test]
    fn a_sort_of_account_that_is_new_does_not_cost_the_account() {
        let json = r#"{"account_id":"a","account_type":"PENSION","display_name":"canary","currency":"GBP",
            "account_number":{"number":"canary"}}"#;
        let account: Account = serde_json::from_str(json).expect("an account");
        assert_eq!(account.account_type, AccountType::Unknown);
        assert!(!format!("{account:?}").contains("canary"));
    }
}
