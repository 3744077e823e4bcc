//! What still waits on an account, so that it cannot be closed meanwhile.

use kernel::{AccountId, Instant};
use sea_orm::entity::prelude::*;

/// Holds one piece of work that waits on an account, as it is stored.
pub mod pending_work {
    use super::{AccountId, Instant};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `account_pending_work`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "account_pending_work")]
    pub struct Model {
        /// The account.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: AccountId,
        /// What sort of work: `transfer_signature`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        /// Which one.
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject_id: Uuid,
        /// Since when.
        pub since: Instant,
    }

    /// None: work is read by its account.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Names a piece of work that waits on an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingWork {
    /// The account.
    pub account: AccountId,
    /// What sort of work: `transfer_signature`.
    pub kind: &'static str,
    /// Which one.
    pub subject: Uuid,
}
