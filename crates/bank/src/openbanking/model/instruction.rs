//! The rows of what other banks do by themselves.

/// Holds a standing order or a direct debit.
pub mod external_instruction {
    use kernel::{ExternalAccountId, Instant};
    use sea_orm::entity::prelude::*;

    use crate::openbanking::InstructionKind;

    /// Mirrors the table `truelayer_instructions`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_instructions")]
    pub struct Model {
        /// The row's name, until the next answer.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// The account.
        pub account_id: ExternalAccountId,
        /// A standing order or a direct debit.
        pub kind: InstructionKind,
        /// Its place in the bank's list.
        pub position: i64,
        /// The bank's answer, sealed.
        pub answer: String,
        /// When it was read.
        pub read_at: Instant,
    }

    /// None: the account is named by id.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use external_instruction::Model as ExternalInstruction;

use sea_orm::prelude::*;
use truelayer::Endpoint;

/// Tells what the customer ordered from what others may collect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum InstructionKind {
    /// A payment that the customer ordered to be repeated.
    StandingOrder,
    /// A permission to collect.
    DirectDebit,
}

impl InstructionKind {
    /// Names the question about all of an account's.
    pub const fn endpoint(self) -> Endpoint {
        match self {
            Self::StandingOrder => Endpoint::StandingOrders,
            Self::DirectDebit => Endpoint::DirectDebits,
        }
    }
}
