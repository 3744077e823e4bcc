//! The rows of what was read at other banks.

/// Holds an account or a card.
pub mod external_account {
    use chrono::NaiveDate;
    use kernel::{ConnectionId, Currency, ExternalAccountId, Instant, UserId};
    use sea_orm::entity::prelude::*;

    use crate::openbanking::ExternalKind;

    /// Mirrors the table `truelayer_accounts`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_accounts")]
    pub struct Model {
        /// The account's name.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ExternalAccountId,
        /// The link that reads it.
        pub connection_id: ConnectionId,
        /// Whose it is.
        pub user_id: UserId,
        /// Recognizes it when its link is made anew.
        pub account_key: Vec<u8>,
        /// An account or a card.
        pub kind: ExternalKind,
        /// The service's name for it.
        pub service_id: String,
        /// Its currency.
        pub currency: Currency,
        /// The bank's answer, sealed.
        pub answer: String,
        /// What is booked, in minor units; of a card, what is owed is below zero.
        pub current_minor: Option<i64>,
        /// What can be spent, in minor units.
        pub available_minor: Option<i64>,
        /// How far it may be overdrawn, or what may be owed on a card, in minor units.
        pub overdraft_minor: Option<i64>,
        /// When the balance was read.
        pub balance_at: Option<Instant>,
        /// Until which day its rows are complete.
        pub complete_through: Option<NaiveDate>,
        /// Whether the bank refuses to tell what is older.
        pub history_closed: bool,
        /// When it was read first.
        pub created_at: Instant,
        /// When it was read last.
        pub updated_at: Instant,
    }

    /// None: the connection is named by id.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Holds a booked row.
pub mod external_transaction {
    use chrono::NaiveDate;
    use kernel::{Currency, ExternalAccountId, ExternalTransactionId, Instant};
    use sea_orm::entity::prelude::*;

    use crate::openbanking::Side;

    /// Mirrors the table `truelayer_transactions`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_transactions")]
    pub struct Model {
        /// The row's name.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ExternalTransactionId,
        /// The account.
        pub account_id: ExternalAccountId,
        /// Recognizes it in every later answer.
        pub row_hash: Vec<u8>,
        /// Counts rows that nothing else tells apart.
        pub row_ordinal: i64,
        /// Whether it was recognized by a lasting name.
        pub has_lasting_name: bool,
        /// The day that the bank wrote.
        pub booked_on: NaiveDate,
        /// When it was posted.
        pub booked_at: Instant,
        /// How much, in minor units; positive.
        pub amount_minor: i64,
        /// The currency.
        pub currency: Currency,
        /// Which way.
        pub direction: Side,
        /// The bank's answer, sealed.
        pub answer: String,
        /// When it was read first.
        pub created_at: Instant,
    }

    /// None: the account is named by id.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Holds an announced row.
pub mod pending_transaction {
    use chrono::NaiveDate;
    use kernel::{Currency, ExternalAccountId, ExternalTransactionId, Instant};
    use sea_orm::entity::prelude::*;

    use crate::openbanking::Side;

    /// Mirrors the table `truelayer_pending_transactions`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_pending_transactions")]
    pub struct Model {
        /// The row's name, until the next answer.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ExternalTransactionId,
        /// The account.
        pub account_id: ExternalAccountId,
        /// The day that the bank wrote.
        pub announced_on: NaiveDate,
        /// When it was announced.
        pub announced_at: Instant,
        /// How much, in minor units; positive.
        pub amount_minor: i64,
        /// The currency.
        pub currency: Currency,
        /// Which way.
        pub direction: Side,
        /// The bank's answer, sealed.
        pub answer: String,
        /// A booked row that it may be, with another amount.
        pub perhaps_transaction_id: Option<ExternalTransactionId>,
    }

    /// None: the account is named by id.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use external_account::Model as ExternalAccount;
pub use external_transaction::Model as ExternalTransaction;
pub use pending_transaction::Model as PendingTransaction;

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use kernel::ExternalTransactionId;
use sea_orm::prelude::*;
use serde::Serialize;
use truelayer::Endpoint;
use truelayer::data::Direction;
use utoipa::ToSchema;

/// Says where a row stands in the list of an account's rows, by day and then by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlace {
    /// The day that the bank wrote.
    pub booked_on: NaiveDate,
    /// The row's name.
    pub id: ExternalTransactionId,
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.booked_on, self.id)
    }
}

impl FromStr for RowPlace {
    type Err = kernel::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (day, id) = text.split_once(' ').unwrap_or_default();
        let id: ExternalTransactionId = id.parse()?;
        let booked_on = day.parse().unwrap_or_default();
        Ok(Self { booked_on, id })
    }
}

/// Tells accounts from cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ExternalKind {
    /// A current or savings account.
    Account,
    /// A card with an account of its own.
    Card,
}

impl ExternalKind {
    /// Names the question about its booked rows.
    pub const fn rows(self) -> Endpoint {
        match self {
            Self::Account => Endpoint::AccountTransactions,
            Self::Card => Endpoint::CardTransactions,
        }
    }

    /// Names the question about what is announced on it.
    pub const fn announced(self) -> Endpoint {
        match self {
            Self::Account => Endpoint::AccountPendingTransactions,
            Self::Card => Endpoint::CardPendingTransactions,
        }
    }
}

/// Says which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[schema(as = ExternalDirection)]
pub enum Side {
    /// Away from the customer.
    Debit,
    /// To the customer.
    Credit,
}

impl From<Direction> for Side {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Debit => Self::Debit,
            Direction::Credit => Self::Credit,
        }
    }
}

impl From<Side> for Direction {
    fn from(side: Side) -> Self {
        match side {
            Side::Debit => Self::Debit,
            Side::Credit => Self::Credit,
        }
    }
}
