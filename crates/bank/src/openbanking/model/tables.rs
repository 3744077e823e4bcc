//! The rows that are kept.

use kernel::{ConnectionId, Instant, UserId};

use super::connection::ConnectionStatus;

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
        /// The last reminder that was asked for before this end: how many days before it.
        pub reminded_days: Option<i64>,
        /// How often the tokens were replaced.
        pub token_version: i64,
        /// The refresh token before the last one, sealed as that was.
        pub previous_refresh_token: Option<String>,
        /// When the service was asked for new tokens and has not answered yet.
        pub refresh_begun_at: Option<Instant>,
        /// Who is asking.
        pub refresh_lease_id: Option<Uuid>,
        /// Until when nobody else asks.
        pub refresh_lease_until: Option<Instant>,
        /// When the tokens were replaced last.
        pub refreshed_at: Option<Instant>,
        /// The code of the last failure.
        pub last_error: Option<String>,
        /// When it is worth trying again.
        pub next_attempt_at: Option<Instant>,
        /// When its accounts are read next without anybody asking.
        pub next_pull_at: Option<Instant>,
        /// When what was read through it was erased.
        pub erased_at: Option<Instant>,
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

/// Holds what a round of renewing tokens found.
pub mod refresh_run {
    use kernel::Instant;
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `truelayer_refresh_runs`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "truelayer_refresh_runs")]
    pub struct Model {
        /// The row's name.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// When it began.
        pub started_at: Instant,
        /// When it ended.
        pub finished_at: Instant,
        /// How many connections were looked at.
        pub checked: i64,
        /// How many got new tokens.
        pub refreshed: i64,
        /// How many got none, and are tried again.
        pub failed: i64,
        /// How many only their customers can renew.
        pub needs_reauth: i64,
        /// How many need none yet, or are tried by somebody else.
        pub skipped: i64,
        /// Whether the service refused our own credentials, which ends the round.
        pub alarmed: bool,
    }

    /// None.
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

/// Returns the share of attempts that brought tokens, in basis points; none without attempts.
pub fn success_basis_points(rounds: &[RefreshRun]) -> Option<i64> {
    let refreshed: i64 = rounds.iter().map(|round| round.refreshed).sum();
    let others: i64 = rounds.iter().map(|round| round.failed + round.needs_reauth).sum();
    refreshed.saturating_mul(10_000).checked_div(refreshed + others)
}

pub use connection::Model as Connection;
pub use oauth_state::Model as OauthState;
pub use refresh_run::Model as RefreshRun;

impl Connection {
    /// Names the bank, by what it calls itself or else the service calls it; none before one was chosen.
    pub(crate) fn bank_name(&self) -> Option<&str> {
        self.provider_name.as_deref().or(self.provider_id.as_deref())
    }

    /// Begins a connection whose customer is on the way to a bank.
    pub(crate) const fn pending((id, user_id): (ConnectionId, UserId), scopes: String, now: Instant) -> Self {
        Self {
            id,
            user_id,
            status: ConnectionStatus::Pending,
            version: 0,
            end_reason: None,
            provider_id: None,
            provider_name: None,
            credentials_id: None,
            scopes,
            data_key: None,
            access_token: None,
            refresh_token: None,
            expires_at: None,
            consented_at: None,
            consent_expires_at: None,
            reminded_days: None,
            token_version: 0,
            previous_refresh_token: None,
            refresh_begun_at: None,
            refresh_lease_id: None,
            refresh_lease_until: None,
            refreshed_at: None,
            last_error: None,
            next_attempt_at: None,
            next_pull_at: None,
            erased_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Forgets everything about asking for new tokens.
    pub(crate) fn without_refresh(self) -> Self {
        Self {
            previous_refresh_token: None,
            refresh_begun_at: None,
            refresh_lease_id: None,
            refresh_lease_until: None,
            last_error: None,
            next_attempt_at: None,
            ..self
        }
    }
}
