//! How many connections stood in each state on each day.

/// Holds one count.
pub mod connection_day {
    use chrono::NaiveDate;
    use sea_orm::entity::prelude::*;

    use crate::openbanking::ConnectionStatus;

    /// Mirrors the table `truelayer_connection_days`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_connection_days")]
    pub struct Model {
        /// The day, by UTC.
        #[sea_orm(primary_key, auto_increment = false)]
        pub on_day: NaiveDate,
        /// The state.
        #[sea_orm(primary_key, auto_increment = false)]
        pub status: ConnectionStatus,
        /// How many, as it was counted last on that day.
        pub connections: i64,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use connection_day::Model as ConnectionDay;
