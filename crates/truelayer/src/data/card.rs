//! Cards and their balances.

use kernel::{Currency, Secret};
use serde::Deserialize;

use super::AccountProvider;
use crate::decimal::Decimal;
use crate::timestamp::{Timestamp, lenient};

/// Describes a card.
#[derive(Clone, Debug, Deserialize)]
pub struct Card {
    /// The service's name for it, called an account's on the wire.
    pub account_id: String,
    /// `VISA`, `MASTERCARD` and the like.
    #[serde(default)]
    pub card_network: Option<String>,
    /// `CREDIT` or `CHARGE`.
    #[serde(default)]
    pub card_type: Option<String>,
    /// Its currency.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// How the user knows it.
    #[serde(default)]
    pub display_name: Option<Secret<String>>,
    /// The last digits of its number.
    #[serde(default)]
    pub partial_card_number: Option<Secret<String>>,
    /// Whose name is on it.
    #[serde(default)]
    pub name_on_card: Option<Secret<String>>,
    /// The month it is valid from, `YYYY-MM`.
    #[serde(default)]
    pub valid_from: Option<String>,
    /// The month it is valid to, `YYYY-MM`.
    #[serde(default)]
    pub valid_to: Option<String>,
    /// Its bank.
    #[serde(default)]
    pub provider: Option<AccountProvider>,
    /// When the service asked the bank.
    #[serde(default, deserialize_with = "lenient")]
    pub update_timestamp: Option<Timestamp>,
}

/// Holds what is owed on a card: positive is debt.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CardBalance {
    /// The currency of all amounts.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// What is owed.
    pub current: Decimal,
    /// What can be spent.
    #[serde(default)]
    pub available: Option<Decimal>,
    /// How much may be owed.
    #[serde(default)]
    pub credit_limit: Option<Decimal>,
    /// What the last statement asked for.
    #[serde(default)]
    pub last_statement_balance: Option<Decimal>,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient")]
    pub last_statement_date: Option<Timestamp>,
    /// What has to be paid.
    #[serde(default)]
    pub payment_due: Option<Decimal>,
    /// By when.
    #[serde(default, deserialize_with = "lenient")]
    pub payment_due_date: Option<Timestamp>,
    /// When the service asked the bank.
    #[serde(default, deserialize_with = "lenient")]
    pub update_timestamp: Option<Timestamp>,
}
