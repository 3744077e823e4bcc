//! The rows that are kept.

/// Holds a link to a customer's accounts at another bank.
pub mod connection {
    use kernel::{ConnectionId, Instant, UserId};
    use sea_orm::entity::prelude::*;

    use crate::openbanking::{ConnectionStatus, EndReason};

    /// Mirrors the table `truelayer_connections`.
    #[derive(Clone, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_connections")]
    pub struct Model {
        /// The connection's name.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ConnectionId,
        /// Whose it is.
        pub user_id: UserId,
        /// Where it stands.
        pub status: ConnectionStatus,
        /// How often it was changed.
        pub version: i64,
        /// Why it is over, where it is.
        pub end_reason: Option<EndReason>,
        /// The bank, once the customer has chosen it.
        pub provider_id: Option<String>,
        /// The bank's name for people.
        pub provider_name: Option<String>,
        /// The service's name for the link.
        pub credentials_id: Option<String>,
        /// What was asked for, then what was granted.
        pub scopes: String,
        /// The row's own key, sealed under the operator's.
        pub data_key: Option<String>,
        /// Sealed under the row's key.
        pub access_token: Option<String>,
        /// Sealed under the row's key.
        pub refresh_token: Option<String>,
        /// When the access token ends.
        pub expires_at: Option<Instant>,
        /// When the customer consented last.
        pub consented_at: Option<Instant>,
        /// When the consent ends.
        pub consent_expires_at: Option<Instant>,
        /// When the customer began.
        pub created_at: Instant,
        /// When it was changed last.
        pub updated_at: Instant,
    }

    /// Leaves the sealed texts out.
    impl std::fmt::Debug for Model {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let mut shown = f.debug_struct("Connection");
            shown.field("id", &self.id).field("status", &self.status).field("version", &self.version);
            shown.finish_non_exhaustive()
        }
    }

    /// None: owners are named by id.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Holds a customer's way to a bank and back.
pub mod oauth_state {
    use kernel::{ConnectionId, Instant, OauthStateId, UserId};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `truelayer_oauth_states`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_oauth_states")]
    pub struct Model {
        /// The row's name.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OauthStateId,
        /// SHA-256 of what the link carries; the state itself is nowhere kept.
        pub state_hash: Vec<u8>,
        /// Who began, and must come back.
        pub user_id: UserId,
        /// What is linked or renewed.
        pub connection_id: ConnectionId,
        /// What the link's challenge was made of (RFC 7636), sealed.
        pub code_verifier: String,
        /// Until when the customer may come back.
        pub expires_at: Instant,
        /// When the customer began.
        pub created_at: Instant,
    }

    /// None: the connection is named by id.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use connection::Model as Connection;
pub use oauth_state::Model as OauthState;
