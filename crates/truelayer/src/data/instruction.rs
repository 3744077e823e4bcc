//! What a bank does by itself: standing orders and direct debits.

use kernel::{Currency, Secret};
use serde::Deserialize;

use crate::decimal::Decimal;
use crate::timestamp::{Timestamp, lenient};

/// Says whether an instruction is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum InstructionStatus {
    /// It is.
    Active,
    /// It is not any more.
    Inactive,
    /// The bank says something new.
    #[serde(other)]
    Unknown,
}

/// Describes a payment that the user ordered to be repeated.
#[derive(Clone, Debug, Deserialize)]
pub struct StandingOrder {
    /// How often, in the codes of the UK's open banking: `EvryDay`, `IntrvlMnthDay:01:26`.
    pub frequency: String,
    /// Whether it is carried out.
    #[serde(default)]
    pub status: Option<InstructionStatus>,
    /// When the service asked the bank.
    #[serde(default, deserialize_with = "lenient")]
    pub timestamp: Option<Timestamp>,
    /// The currency of all amounts.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// When it is carried out next.
    #[serde(default, deserialize_with = "lenient")]
    pub next_payment_date: Option<Timestamp>,
    /// With how much.
    #[serde(default)]
    pub next_payment_amount: Option<Decimal>,
    /// When it was carried out first.
    #[serde(default, deserialize_with = "lenient")]
    pub first_payment_date: Option<Timestamp>,
    /// With how much.
    #[serde(default)]
    pub first_payment_amount: Option<Decimal>,
    /// When it ends; the year 9999 means never.
    #[serde(default, deserialize_with = "lenient")]
    pub final_payment_date: Option<Timestamp>,
    /// With how much.
    #[serde(default)]
    pub final_payment_amount: Option<Decimal>,
    /// To whom.
    #[serde(default)]
    pub payee: Option<Secret<String>>,
    /// What the user wrote.
    #[serde(default)]
    pub reference: Option<Secret<String>>,
}

/// Describes a permission to collect.
#[derive(Clone, Debug, Deserialize)]
pub struct DirectDebit {
    /// The service's name for it; may change between requests.
    pub direct_debit_id: String,
    /// Who collects.
    pub name: Secret<String>,
    /// Whether it may.
    #[serde(default)]
    pub status: Option<InstructionStatus>,
    /// When the service asked the bank.
    #[serde(default, deserialize_with = "lenient")]
    pub timestamp: Option<Timestamp>,
    /// When it was collected last.
    #[serde(default, deserialize_with = "lenient")]
    pub previous_payment_timestamp: Option<Timestamp>,
    /// How much.
    #[serde(default)]
    pub previous_payment_amount: Option<Decimal>,
    /// The currency of the amount.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// The mandate's own number.
    pub meta: DirectDebitMeta,
}

/// Holds the numbers of a mandate.
#[derive(Clone, Debug, Deserialize)]
pub struct DirectDebitMeta {
    /// The reference that the collector chose.
    #[serde(default)]
    pub provider_mandate_identification: Option<Secret<String>>,
    /// The bank's own name for the mandate; stays.
    #[serde(default)]
    pub provider_direct_debit_id: Option<Secret<String>>,
}
