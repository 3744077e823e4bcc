//! The tables of payees, their look-ups, and signatures.

/// The table `payee_lookups`.
pub mod payee_lookup {
    use kernel::{AccountId, Instant, PayeeLookupId, UserId};
    use sea_orm::entity::prelude::*;

    /// Holds one name that was shown to a customer.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "payee_lookups")]
    pub struct Model {
        /// Names the look-up.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PayeeLookupId,
        /// Who asked.
        pub user_id: UserId,
        /// Whose name was shown.
        pub account_id: AccountId,
        /// When.
        pub created_at: Instant,
        /// Until when it confirms a payee.
        pub expires_at: Instant,
    }

    /// None: the ids are enough.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use payee_lookup::Model as PayeeLookup;

/// The table `payees`.
pub mod payee {
    use kernel::{AccountId, Instant, UserId};
    use sea_orm::entity::prelude::*;

    /// Holds one account that a customer has paid before.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "payees")]
    pub struct Model {
        /// Who paid.
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: UserId,
        /// Whom.
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: AccountId,
        /// When the name was confirmed.
        pub confirmed_at: Instant,
    }

    /// None: the ids are enough.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use payee::Model as Payee;

/// The table `transfer_signatures`.
pub mod transfer_signature {
    use kernel::{Instant, TransferId, UserId};
    use sea_orm::entity::prelude::*;

    /// Holds one holder's signature under a held payment.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "transfer_signatures")]
    pub struct Model {
        /// The hold.
        #[sea_orm(primary_key, auto_increment = false)]
        pub transfer_id: TransferId,
        /// Who signed.
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: UserId,
        /// When.
        pub signed_at: Instant,
    }

    /// None: the ids are enough.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use transfer_signature::Model as TransferSignature;
