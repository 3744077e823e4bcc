//! Payments into accounts here from accounts at other banks: their states, and what each asks of the books.
//!
//! `created → authorizing → authorized → executed → settled → reversed`, or `failed` from any of the first four. What the
//! service says may come late, twice or out of order: a payment only ever moves on, and money moves twice in its life at
//! most, once here and once back.

/// Holds a payment.
pub mod bank_payment {
    use kernel::{AccountId, BankPaymentId, Currency, Instant, TransferId, UserId};
    use sea_orm::entity::prelude::*;

    use crate::openbanking::PaymentState;

    /// Mirrors the table `truelayer_payments`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_payments")]
    pub struct Model {
        /// The payment's name; the service is asked under it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: BankPaymentId,
        /// Who pays.
        pub user_id: UserId,
        /// Into which account.
        pub account_id: AccountId,
        /// How much, in minor units.
        pub amount_minor: i64,
        /// The currency.
        pub currency: Currency,
        /// The bank that is paid from, when it was chosen here.
        pub provider_id: Option<String>,
        /// A digest of the request's key.
        pub request_key: Uuid,
        /// A digest of the request.
        pub request_fingerprint: Uuid,
        /// The service's name for it.
        pub service_id: Option<String>,
        /// Where it stands.
        pub status: PaymentState,
        /// Why it failed or went back, in the service's word.
        pub failure_reason: Option<String>,
        /// The booking.
        pub transfer_id: Option<TransferId>,
        /// Whether the booking waits in suspense: the account took no money any more.
        pub is_in_suspense: bool,
        /// The booking that took it back.
        pub reversal_transfer_id: Option<TransferId>,
        /// Rises with every change.
        pub version: i64,
        /// When the customer asked.
        pub created_at: Instant,
        /// When it changed last.
        pub updated_at: Instant,
    }

    /// None: users and accounts are named by id.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use bank_payment::Model as BankPayment;

use sea_orm::prelude::*;
use serde::Serialize;
use truelayer::payments::{Payment, PaymentStatus};
use utoipa::ToSchema;

/// Says where a payment stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[schema(as = BankPaymentStatus)]
pub enum PaymentState {
    /// Asked for.
    Created,
    /// The customer is at the bank.
    Authorizing,
    /// Customer and bank said yes.
    Authorized,
    /// The other bank has sent the money; nothing has arrived.
    Executed,
    /// No money moves.
    Failed,
    /// The money has arrived and is booked.
    Settled,
    /// It went back.
    Reversed,
}

impl PaymentState {
    /// The states from which a payment still moves by itself.
    pub const UNDER_WAY: [Self; 4] = [Self::Created, Self::Authorizing, Self::Authorized, Self::Executed];

    /// Reads what the service says of a payment.
    pub const fn of(payment: &Payment) -> Self {
        match payment.status {
            _ if payment.reversed_at.is_some() => Self::Reversed,
            PaymentStatus::AuthorizationRequired | PaymentStatus::Unknown => Self::Created,
            PaymentStatus::Authorizing | PaymentStatus::AttemptFailed => Self::Authorizing,
            PaymentStatus::Authorized => Self::Authorized,
            PaymentStatus::Executed => Self::Executed,
            PaymentStatus::Settled => Self::Settled,
            PaymentStatus::Failed => Self::Failed,
        }
    }
}

/// Says what a payment's next state asks of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booking {
    /// Nothing.
    None,
    /// The money comes in.
    Settle,
    /// The money comes in and goes back: both were heard of at once.
    SettleAndReverse,
    /// The money goes back.
    Reverse,
}

/// Says where a payment goes when the service says `heard`, and what that asks of the books; none when it stays.
pub const fn advance(state: PaymentState, heard: PaymentState) -> Option<(PaymentState, Booking)> {
    use PaymentState as S;
    match (state, heard) {
        (S::Settled, S::Reversed) => Some((S::Reversed, Booking::Reverse)),
        (S::Settled | S::Reversed, _)
        | (S::Failed, S::Created | S::Authorizing | S::Authorized | S::Executed | S::Failed) => None,
        (_, S::Reversed) => Some((S::Reversed, Booking::SettleAndReverse)),
        // Money that arrives has arrived, whatever was said before.
        (_, S::Settled) => Some((S::Settled, Booking::Settle)),
        (_, S::Failed) => Some((S::Failed, Booking::None)),
        (from, to) if (from as u8) < (to as u8) => Some((to, Booking::None)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::PaymentState as S;
    use super::*;

    #[test]
    fn a_payment_only_moves_on_and_books_what_is_new() {
        for (state, heard, expected) in [
            (S::Created, S::Created, None),
            (S::Created, S::Authorizing, Some((S::Authorizing, Booking::None))),
            (S::Authorizing, S::Created, None),
            (S::Authorized, S::Executed, Some((S::Executed, Booking::None))),
            (S::Executed, S::Authorized, None),
            (S::Executed, S::Settled, Some((S::Settled, Booking::Settle))),
            (S::Created, S::Settled, Some((S::Settled, Booking::Settle))),
            (S::Settled, S::Settled, None),
            (S::Settled, S::Executed, None),
            (S::Settled, S::Failed, None),
            (S::Settled, S::Reversed, Some((S::Reversed, Booking::Reverse))),
            (S::Executed, S::Reversed, Some((S::Reversed, Booking::SettleAndReverse))),
            (S::Reversed, S::Settled, None),
            (S::Executed, S::Failed, Some((S::Failed, Booking::None))),
            (S::Failed, S::Executed, None),
            (S::Failed, S::Settled, Some((S::Settled, Booking::Settle))),
        ] {
            assert_eq!(advance(state, heard), expected, "{state:?} {heard:?}");
        }
    }
}
