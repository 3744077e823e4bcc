//! Transactions of accounts and cards, settled and pending.

use std::fmt;

use kernel::{Currency, Secret};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::decimal::Decimal;
use crate::timestamp::Timestamp;

/// Describes a movement on an account or a card.
#[derive(Clone, Debug, Deserialize)]
pub struct Transaction {
    /// The service's name for it in this one answer; the next answer may call it otherwise.
    pub transaction_id: String,
    /// The service's lasting name for it; absent at some banks.
    #[serde(default)]
    normalised_provider_transaction_id: Option<String>,
    /// The bank's own name for it; may be blank, or given twice.
    #[serde(default)]
    provider_transaction_id: Option<String>,
    /// When it was posted.
    pub timestamp: Timestamp,
    /// The bank's text.
    pub description: Secret<String>,
    /// The amount with the bank's sign: negative for debits of accounts, positive for debits of cards.
    pub amount: Decimal,
    /// The currency of the amount.
    pub currency: Currency,
    /// The direction, which decides.
    pub transaction_type: Direction,
    /// What sort of movement it is.
    #[serde(default)]
    pub transaction_category: TransactionCategory,
    /// The service's guess at what it was for: a class and a subclass, or nothing.
    #[serde(default)]
    pub transaction_classification: Vec<String>,
    /// The service's guess at with whom.
    #[serde(default)]
    pub merchant_name: Option<Secret<String>>,
    /// What was on the account afterwards.
    #[serde(default)]
    pub running_balance: Option<RunningBalance>,
    /// Whatever else the bank tells.
    #[serde(default)]
    pub meta: Meta,
}

impl Transaction {
    /// Returns the lasting name, if there is a usable one.
    pub fn normalised_id(&self) -> Option<&str> {
        usable(self.normalised_provider_transaction_id.as_deref())
    }

    /// Returns the bank's own name, if there is a usable one; even then it may not be unique.
    pub fn provider_id(&self) -> Option<&str> {
        usable(self.provider_transaction_id.as_deref())
    }

    /// Returns the amount without a sign: the direction says which way.
    pub const fn magnitude(&self) -> Decimal {
        self.amount.magnitude()
    }
}

/// A blank name names every row that has a blank one.
fn usable(id: Option<&str>) -> Option<&str> {
    id.map(str::trim).filter(|id| !id.is_empty())
}

/// Says which way the money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Direction {
    /// Away from the user.
    Debit,
    /// To the user.
    Credit,
}

/// Says what sort of movement it is, in the vendor's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are the vendor's")]
pub enum TransactionCategory {
    Atm,
    BillPayment,
    Cash,
    Cashback,
    Cheque,
    Correction,
    Credit,
    DirectDebit,
    Dividend,
    FeeCharge,
    Interest,
    Other,
    Purchase,
    StandingOrder,
    Transfer,
    Debit,
    /// The bank does not say, or says something new.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Holds what was on the account after a movement; banks also send it empty.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RunningBalance {
    /// How much.
    #[serde(default)]
    pub amount: Option<Decimal>,
    /// In which currency.
    #[serde(default)]
    pub currency: Option<Currency>,
}

/// Holds whatever else a bank tells, unknown keys included; prints its keys only.
///
/// Numbers in here may have passed through a float: take amounts from the fields that have a type.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Meta(Map<String, Value>);

impl Meta {
    /// Returns a text, such as `counter_party_preferred_name` or `provider_reference`.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// Lists the keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Transaction {
        let json = format!(
            r#"{{"transaction_id":"t","timestamp":"2018-03-06T00:00:00","description":"canary","amount":-2.99,
                "currency":"GBP","transaction_type":"DEBIT"{more}}}"#
        );
        serde_json::from_str(&json).expect("a transaction")
    }

    #[test]
    fn a_blank_name_is_no_name() {
        let blank = read(r#","provider_transaction_id":" ","normalised_provider_transaction_id":"""#);
        assert_eq!((blank.provider_id(), blank.normalised_id()), (None, None));
        let named =
            read(r#","provider_transaction_id":" 9998 ","normalised_provider_transaction_id":"txn-1""#);
        assert_eq!((named.provider_id(), named.normalised_id()), (Some("9998"), Some("txn-1")));
    }

    #[test]
    fn a_row_without_classes_and_with_odd_parts_is_read() {
        let odd =
            read(r#","transaction_category":"BARTER","running_balance":{},"meta":{"a":"canary","b":1}"#);
        assert_eq!(odd.transaction_category, TransactionCategory::Unknown);
        assert!(odd.transaction_classification.is_empty());
        assert_eq!(odd.running_balance, Some(RunningBalance { amount: None, currency: None }));
        assert_eq!(
            (odd.meta.text("a"), odd.meta.text("b"), odd.meta.text("c")),
            (Some("canary"), None, None)
        );
        assert_eq!(odd.magnitude().to_string(), "2.99");
        assert!(!format!("{odd:?}").contains("canary"), "{odd:?}");
    }
}
