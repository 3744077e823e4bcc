//! Keys, one-time tokens and invitations.

/// Keys of machines.
pub mod api_key {
    use kernel::{ApiKeyId, Instant, UserId};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `api_keys`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "api_keys")]
    pub struct Model {
        /// The key's name in the program.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ApiKeyId,
        /// On whose behalf it acts.
        pub user_id: UserId,
        /// What the owner calls it.
        pub name: String,
        /// The secret's SHA-256.
        pub hash: Vec<u8>,
        /// Permissions, separated by spaces.
        pub scopes: String,
        /// When it was made.
        pub created_at: Instant,
        /// When it ends.
        pub expires_at: Instant,
        /// When it was last used, to about a minute.
        pub last_used_at: Option<Instant>,
        /// When its owner ended it.
        pub revoked_at: Option<Instant>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use api_key::Model as ApiKey;

/// One-time tokens that were mailed.
pub mod mail_token {
    use kernel::{Instant, UserId};
    use sea_orm::entity::prelude::*;

    /// Says what a mailed token is good for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "Text")]
    pub enum Purpose {
        /// Shows that the address is the user's.
        #[sea_orm(string_value = "verify_email")]
        VerifyEmail,
        /// Sets a new password.
        #[sea_orm(string_value = "reset_password")]
        ResetPassword,
    }

    /// Mirrors the table `mail_tokens`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "mail_tokens")]
    pub struct Model {
        /// The token's SHA-256.
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        /// Whose.
        pub user_id: UserId,
        /// What for.
        pub purpose: Purpose,
        /// When the mail was written.
        pub created_at: Instant,
        /// When it ends.
        pub expires_at: Instant,
        /// When it was used, or one for the same purpose was.
        pub used_at: Option<Instant>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use mail_token::{Model as MailToken, Purpose};

/// Codes that stand in for a lost second factor.
pub mod recovery_code {
    use kernel::{Instant, UserId};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `recovery_codes`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recovery_codes")]
    pub struct Model {
        /// Whose.
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: UserId,
        /// The code's SHA-256; a code holds 120 random bits.
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        /// When it was used.
        pub used_at: Option<Instant>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Invitations of staff.
pub mod invitation {
    use kernel::{Instant, InvitationId, UserId};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `invitations`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "invitations")]
    pub struct Model {
        /// The invitation's name.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: InvitationId,
        /// Who is invited.
        pub email: String,
        /// The address in lower case.
        pub email_key: String,
        /// Role names, separated by spaces.
        pub roles: String,
        /// Who invites.
        pub invited_by: UserId,
        /// The mailed token's SHA-256, once it is mailed.
        pub hash: Option<Vec<u8>>,
        /// When it was written.
        pub created_at: Instant,
        /// When it ends.
        pub expires_at: Instant,
        /// When it was taken up.
        pub accepted_at: Option<Instant>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use invitation::Model as Invitation;
