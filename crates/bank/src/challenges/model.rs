//! What is confirmed, and how far it is.

use aws_lc_rs::digest;
use chrono::Duration;
use kernel::{AccountNumber, ChallengeId, Instant, Money, UserId};
use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::identity::IdentityError;

/// How long a challenge may be answered and spent.
pub(crate) const LIFE: Duration = Duration::minutes(10);
/// How many codes may be tried.
pub(crate) const TRIES: i64 = 5;

/// Says where the code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, utoipa::ToSchema)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// From the authenticator that is enrolled.
    #[sea_orm(string_value = "totp")]
    Totp,
    /// From a mail.
    #[sea_orm(string_value = "mail")]
    Mail,
}

/// Mirrors the table `challenges`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "challenges")]
pub struct Model {
    /// The challenge's name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChallengeId,
    /// Who confirms.
    pub user_id: UserId,
    /// What sort of thing is confirmed.
    pub purpose: String,
    /// Hash of purpose, amount, currency and payee.
    pub subject_hash: Vec<u8>,
    /// The amount, as it is shown.
    pub amount_minor: Option<i64>,
    /// The amount's currency.
    pub currency: Option<kernel::Currency>,
    /// The payee, as it is shown.
    pub payee: Option<String>,
    /// Where the code comes from.
    pub method: Method,
    /// The mailed code, sealed; none before the mail is written.
    pub sealed_code: Option<String>,
    /// How many codes were tried.
    pub attempts: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it ends.
    pub expires_at: Instant,
    /// When the right code came.
    pub answered_at: Option<Instant>,
    /// When it was spent.
    pub used_at: Option<Instant>,
}

/// None: users are pointed at by id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(crate) use Model as Challenge;

/// Names what is confirmed, down to the last unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    purpose: &'static str,
    amount: Option<Money>,
    payee: Option<String>,
}

impl Subject {
    /// Names a payment of an amount to an account (RTS Art. 5(1)).
    pub fn payment(amount: Money, payee: &AccountNumber) -> Self {
        Self { purpose: "payment", amount: Some(amount), payee: Some(payee.to_string()) }
    }

    /// Names something else: a payee that is trusted from now on, a limit that is raised.
    pub fn of(purpose: &'static str, amount: Option<Money>, payee: Option<String>) -> Self {
        Self { purpose, amount, payee }
    }

    /// Returns what sort of thing it is.
    pub(crate) fn purpose(&self) -> &'static str {
        self.purpose
    }

    /// Returns the amount.
    pub(crate) fn amount(&self) -> Option<Money> {
        self.amount
    }

    /// Returns the payee.
    pub(crate) fn payee(&self) -> Option<&str> {
        self.payee.as_deref()
    }

    /// Hashes the parts, each after its length, so that none can run into the next.
    pub(crate) fn hash(&self) -> Vec<u8> {
        let amount = self.amount.map(|amount| amount.minor().to_string()).unwrap_or_default();
        let currency = self.amount.map(|amount| amount.currency().to_string()).unwrap_or_default();
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [self.purpose, &amount, &currency, self.payee.as_deref().unwrap_or_default()] {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part.as_bytes());
        }
        context.finish().as_ref().to_vec()
    }
}

/// Shows a challenge that must be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Required {
    /// Answer it, and send it along.
    pub challenge_id: ChallengeId,
    /// Where the code comes from.
    pub method: Method,
    /// The amount that it confirms.
    pub amount: Option<Money>,
    /// The payee that it confirms.
    pub payee: Option<String>,
    /// When it ends.
    pub expires_at: Instant,
}

/// Says why something is not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ChallengeError {
    /// A challenge was made, which must be answered first. The transaction that says so must be committed.
    #[error("a confirmation is required")]
    Required(Box<Required>),
    /// A machine cannot confirm.
    #[error("only a person who is signed in can confirm")]
    NeedsPerson,
    /// There is no such challenge of this user, or its time is up.
    #[error("no such challenge")]
    NotFound,
    /// The code is wrong.
    #[error("the code is wrong; {tries_left} tries are left")]
    WrongCode {
        /// How many more may be tried.
        tries_left: i64,
    },
    /// What identity refuses: a locked account.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] DbErr),
}

impl Model {
    /// Says whether the challenge confirms this for this user at `now`, and is answered and unspent.
    pub(crate) fn confirms(&self, user_id: UserId, subject: &Subject, now: Instant) -> bool {
        let unspent = self.answered_at.is_some() && self.used_at.is_none() && now < self.expires_at;
        unspent && self.user_id == user_id && self.subject_hash == subject.hash()
    }

    /// Says whether a code may be tried.
    pub(crate) fn is_open(&self, user_id: UserId, now: Instant) -> bool {
        let unanswered = self.answered_at.is_none() && self.attempts < TRIES;
        unanswered && self.user_id == user_id && now < self.expires_at
    }

    /// Returns the amount as it is shown.
    pub(crate) fn amount(&self) -> Option<Money> {
        Some(Money::new(self.amount_minor?, self.currency?))
    }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    fn payment(minor: i64, currency: Currency, payee: &str) -> Vec<u8> {
        Subject::of("payment", Some(Money::new(minor, currency)), Some(payee.to_owned())).hash()
    }

    #[test]
    fn any_change_of_amount_currency_payee_or_purpose_is_another_subject() {
        let one = payment(10_000, Currency::GBP, "GB33");
        assert_eq!(one, payment(10_000, Currency::GBP, "GB33"));
        let others = [
            payment(10_001, Currency::GBP, "GB33"),
            payment(-10_000, Currency::GBP, "GB33"),
            payment(10_000, Currency::EUR, "GB33"),
            payment(10_000, Currency::GBP, "GB34"),
            payment(10, Currency::GBP, "000GBPGB33"),
            Subject::of("payment", None, Some("GB33".to_owned())).hash(),
            Subject::of("limit", Some(Money::new(10_000, Currency::GBP)), Some("GB33".to_owned())).hash(),
        ];
        for other in others {
            assert_ne!(one, other);
        }
    }
}
