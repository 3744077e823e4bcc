//! Holds: money reserved until it is captured, released, or the hold expires.

use chrono::NaiveDate;
use kernel::{AccountId, Currency, Instant, Money, TransferId};
use sea_orm::entity::prelude::*;

/// Says what became of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, serde::Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// It reserves money.
    Pending,
    /// It was captured, in whole or in part; the rest was released.
    Captured,
    /// It was given back.
    Released,
    /// It was given back because its time was over.
    Expired,
}

impl HoldState {
    /// Returns the stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Captured => "captured",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}

/// The table `ledger_holds`.
pub mod ledger_hold {
    use super::{AccountId, Currency, HoldState, Instant, NaiveDate, TransferId};
    use sea_orm::entity::prelude::*;

    /// Holds the state of one hold; its terms stand in the journal under the same id.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_holds")]
    pub struct Model {
        /// The pending transfer that placed it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TransferId,
        /// The account it reserves money on.
        pub debit_account_id: AccountId,
        /// The account that will receive it.
        pub credit_account_id: AccountId,
        /// How much it reserves, in minor units.
        pub amount_minor: i64,
        /// The currency of both accounts.
        pub currency: Currency,
        /// What became of it.
        pub state: HoldState,
        /// How much was captured, in minor units.
        pub captured_minor: i64,
        /// The transfer that captured or released it.
        pub resolved_by: Option<TransferId>,
        /// From when on it can no longer be captured.
        pub expires_at: Option<Instant>,
        /// The business day it was placed and counts on.
        pub booked_on: NaiveDate,
        /// Whether it counted against the spending limits.
        pub counted: bool,
        /// When it was placed.
        pub booked_at: Instant,
    }

    /// Names no relation: the ledger joins by hand.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use ledger_hold::Model as Hold;

impl Hold {
    /// Returns how much it reserves.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// Returns how much was captured.
    pub fn captured(&self) -> Money {
        Money::new(self.captured_minor, self.currency)
    }

    /// Says whether its time is over at `now`, whatever the job has done about it.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.state == HoldState::Pending && self.expires_at.is_some_and(|at| at <= now)
    }

    /// Returns the state as it is at `now`: an overdue hold has expired, even before it is released.
    pub fn state_at(&self, now: Instant) -> HoldState {
        if self.is_overdue(now) { HoldState::Expired } else { self.state }
    }
}
