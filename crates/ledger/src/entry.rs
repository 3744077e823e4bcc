//! Entries: each posted transfer as seen from one of its two accounts.

use chrono::NaiveDate;
use kernel::{AccountId, Instant, TransferId};
use sea_orm::entity::prelude::*;

/// Says on which side of an account an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, serde::Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// On the left.
    Debit,
    /// On the right.
    Credit,
}

/// The table `ledger_entries`.
pub mod ledger_entry {
    use super::{AccountId, Direction, Instant, NaiveDate, TransferId};
    use sea_orm::entity::prelude::*;

    /// Holds one entry of one account; never updated, never deleted.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_entries")]
    pub struct Model {
        /// The account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: AccountId,
        /// Counts the account's entries from 1 without a gap.
        #[sea_orm(primary_key, auto_increment = false)]
        pub sequence: i64,
        /// The transfer it belongs to.
        pub transfer_id: TransferId,
        /// The side.
        pub direction: Direction,
        /// How much, in minor units; above zero.
        pub amount_minor: i64,
        /// The account's ledger balance after it, positive on the side on which the account grows.
        pub balance_after_minor: i64,
        /// The account on the other side.
        pub counterparty_account_id: AccountId,
        /// What the transfer is for the business.
        pub code: String,
        /// The text shown on statements.
        pub reference: String,
        /// When it was booked.
        pub booked_at: Instant,
        /// The day it counts on.
        pub effective_on: NaiveDate,
    }

    /// Names no relation: the ledger joins by hand.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use ledger_entry::Model as Entry;
