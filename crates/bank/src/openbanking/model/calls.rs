//! The rows of what banks were asked.

/// Holds a question that reached a bank.
pub mod provider_call {
    use kernel::{ConnectionId, Instant};
    use sea_orm::entity::prelude::*;

    use crate::openbanking::Purpose;

    /// Mirrors the table `truelayer_calls`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_calls")]
    pub struct Model {
        /// The call's name, which the service is told as well.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// The link.
        pub connection_id: ConnectionId,
        /// The account, or the connection for what is asked of the bank as a whole.
        pub subject_id: Uuid,
        /// What was asked.
        pub endpoint: String,
        /// Why.
        pub purpose: Purpose,
        /// When.
        pub called_at: Instant,
        /// `ok`, or the code of the refusal; none while nobody heard an answer.
        pub outcome: Option<String>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Holds what is known about one kind of question.
pub mod read_state {
    use kernel::{ConnectionId, Instant};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `truelayer_reads`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_reads")]
    pub struct Model {
        /// The account, or the connection.
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject_id: Uuid,
        /// What is asked.
        #[sea_orm(primary_key, auto_increment = false)]
        pub endpoint: String,
        /// The link.
        pub connection_id: ConnectionId,
        /// Before when it is not asked without the customer.
        pub next_at: Option<Instant>,
        /// Whether the bank never answers it.
        pub is_never: bool,
        /// The code of the last refusal, until it is answered.
        pub last_error: Option<String>,
        /// When it was answered last.
        pub answered_at: Option<Instant>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Holds how a provider does.
pub mod circuit_row {
    use kernel::Instant;
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `truelayer_circuits`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_circuits")]
    pub struct Model {
        /// The provider.
        #[sea_orm(primary_key, auto_increment = false)]
        pub provider_id: String,
        /// How often it failed in a row.
        pub failures: i64,
        /// Until when it is left alone.
        pub open_until: Option<Instant>,
        /// When that was written.
        pub updated_at: Instant,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use circuit_row::Model as CircuitRow;
pub use provider_call::Model as ProviderCall;
pub use read_state::Model as ReadState;
