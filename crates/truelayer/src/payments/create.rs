//! Creating a payment.

use std::collections::BTreeMap;

use kernel::{Iban, Money, Secret, SortCode};
use serde_json::{Value, json};

use super::payment::{CreatedPayment, CreatedPaymentOnTheWire};
use super::{Payments, Write};
use crate::error::Error;
use crate::token::AccessToken;

/// Describes a payment to be made by a user from an account at their bank.
#[derive(Clone, Debug)]
pub struct NewPayment {
    /// How much, in pounds or euros.
    pub amount: Money,
    /// To whom.
    pub beneficiary: Beneficiary,
    /// From which bank.
    pub provider: ProviderSelection,
    /// Who pays.
    pub payer: Payer,
    /// Up to ten texts of one's own, which come back with every answer and event.
    pub metadata: BTreeMap<String, String>,
}

/// Says where the money goes.
#[derive(Clone, Debug)]
pub enum Beneficiary {
    /// To an account that the service keeps for the program: then it reports the settlement.
    MerchantAccount {
        /// The account.
        id: String,
        /// A text of one's own; the payer does not see it.
        reference: Option<String>,
    },
    /// To an account anywhere else: then the service sees no further than the execution.
    ExternalAccount {
        /// Whose account it is.
        holder: Secret<String>,
        /// The account.
        account: BeneficiaryAccount,
        /// At most 18 characters, which the payer sees.
        reference: String,
    },
}

/// Names an account outside the service.
#[derive(Clone, Debug)]
pub enum BeneficiaryAccount {
    /// In the United Kingdom.
    SortCode {
        /// The branch.
        sort_code: SortCode,
        /// Eight digits.
        number: Secret<String>,
    },
    /// In Europe.
    Iban(Iban),
}

/// Says which bank the user pays from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderSelection {
    /// The user chooses among the banks of these countries (`GB`, `DE`); none means all.
    UserSelected {
        /// The countries.
        countries: Vec<String>,
    },
    /// It is known already.
    Preselected {
        /// The bank.
        provider_id: String,
    },
}

/// Names the user who pays; the service must know name and mail address or telephone number.
#[derive(Clone, Debug)]
pub struct Payer {
    /// The service's name for the user, to recognize them; made up there when absent.
    pub id: Option<String>,
    /// First and last name.
    pub name: Secret<String>,
    /// The mail address.
    pub email: Option<Secret<String>>,
    /// The telephone number.
    pub phone: Option<Secret<String>>,
}

impl Payments {
    /// Creates a payment; the same key and body give the same payment.
    ///
    /// # Errors
    /// `idempotency-key-reuse` for the same key with another body; `validation_error` for what cannot be paid.
    pub async fn create(
        &self,
        payment: &NewPayment,
        idempotency_key: &str,
        token: &AccessToken,
    ) -> Result<CreatedPayment, Error> {
        let write = Write {
            name: "payment_create",
            segments: Vec::new(),
            body: payment.body(),
            idempotency_key,
            user: None,
        };
        let reply = self.write(write, token).await?;
        reply.json::<CreatedPaymentOnTheWire>().map(CreatedPayment::from)
    }
}

impl NewPayment {
    fn body(&self) -> Value {
        json!({
            "amount_in_minor": self.amount.minor(),
            "currency": self.amount.currency().code(),
            "payment_method": {
                "type": "bank_transfer",
                "provider_selection": self.provider.body(),
                "beneficiary": self.beneficiary.body(),
            },
            "user": self.payer.body(),
            "metadata": self.metadata,
        })
    }
}

impl Beneficiary {
    fn body(&self) -> Value {
        match self {
            Self::MerchantAccount { id, reference } => without_nulls(json!({
                "type": "merchant_account", "merchant_account_id": id, "reference": reference,
            })),
            Self::ExternalAccount { holder, account, reference } => json!({
                "type": "external_account",
                "account_holder_name": holder.expose(),
                "account_identifier": account.body(),
                "reference": reference,
            }),
        }
    }
}

impl BeneficiaryAccount {
    fn body(&self) -> Value {
        match self {
            Self::SortCode { sort_code, number } => json!({
                "type": "sort_code_account_number",
                "sort_code": sort_code.digits(),
                "account_number": number.expose(),
            }),
            Self::Iban(iban) => json!({ "type": "iban", "iban": iban.as_str() }),
        }
    }
}

impl ProviderSelection {
    fn body(&self) -> Value {
        match self {
            Self::UserSelected { countries } if countries.is_empty() => {
                json!({ "type": "user_selected", "scheme_selection": { "type": "instant_preferred" } })
            }
            Self::UserSelected { countries } => json!({
                "type": "user_selected",
                "filter": { "countries": countries },
                "scheme_selection": { "type": "instant_preferred" },
            }),
            Self::Preselected { provider_id } => json!({
                "type": "preselected",
                "provider_id": provider_id,
                "scheme_selection": { "type": "instant_preferred" },
            }),
        }
    }
}

impl Payer {
    fn body(&self) -> Value {
        without_nulls(json!({
            "id": self.id,
            "name": self.name.expose(),
            "email": self.email.as_ref().map(Secret::expose),
            "phone": self.phone.as_ref().map(Secret::expose),
        }))
    }
}

/// The service tells an absent field from one that is null.
fn without_nulls(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    value
}
