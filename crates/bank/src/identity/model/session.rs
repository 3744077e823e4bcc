//! What somebody is signed in with.

use kernel::{Instant, SessionId, UserId};
use sea_orm::entity::prelude::*;

/// Says why a session ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, serde::Serialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The user signed out.
    #[sea_orm(string_value = "signed_out")]
    SignedOut,
    /// The user ended it from another device.
    #[sea_orm(string_value = "ended_by_user")]
    EndedByUser,
    /// Staff ended it.
    #[sea_orm(string_value = "ended_by_staff")]
    EndedByStaff,
    /// It rested too long.
    #[sea_orm(string_value = "idle")]
    Idle,
    /// Its time was up.
    #[sea_orm(string_value = "expired")]
    Expired,
    /// The user signed in on too many devices; this was the oldest.
    #[sea_orm(string_value = "too_many")]
    TooMany,
    /// A refresh token was used twice: somebody else has it.
    #[sea_orm(string_value = "token_reused")]
    TokenReused,
    /// The password or the second factor changed.
    #[sea_orm(string_value = "credentials_changed")]
    CredentialsChanged,
    /// The user was suspended.
    #[sea_orm(string_value = "suspended")]
    Suspended,
}

/// Mirrors the table `sessions`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// The session's name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// What the client called itself.
    pub device: String,
    /// Binds a browser's cookies to the browser.
    pub device_hash: Option<Vec<u8>>,
    /// When it began.
    pub created_at: Instant,
    /// When it was last used, to about fifteen seconds.
    pub last_used_at: Instant,
    /// When it ends in any case.
    pub expires_at: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
}

/// None: queries join by id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub use Model as Session;

impl Model {
    /// Says why the session is over at `now`, if it is, though nobody has ended it.
    pub fn overdue(&self, now: Instant, idle: chrono::Duration) -> Option<EndReason> {
        if now >= self.expires_at {
            return Some(EndReason::Expired);
        }
        (now - self.last_used_at >= idle).then_some(EndReason::Idle)
    }
}

/// Refresh tokens, used and unused.
pub mod refresh_token {
    use kernel::{Instant, SessionId};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `refresh_tokens`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "refresh_tokens")]
    pub struct Model {
        /// The token's SHA-256.
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        /// Which session it continues.
        pub session_id: SessionId,
        /// When it was given out.
        pub created_at: Instant,
        /// When it was exchanged.
        pub used_at: Option<Instant>,
        /// For which token.
        pub successor_hash: Option<Vec<u8>>,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use refresh_token::Model as RefreshToken;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_over_when_it_rested_or_its_time_is_up() {
        let start: Instant = "2026-03-02T09:00:00Z".parse().expect("an instant");
        let idle = chrono::Duration::minutes(5);
        let session = Model {
            id: SessionId::from_uuid(Uuid::nil()),
            user_id: UserId::from_uuid(Uuid::nil()),
            device: String::new(),
            device_hash: None,
            created_at: start,
            last_used_at: start,
            expires_at: start + chrono::Duration::minutes(6),
            ended_at: None,
            end_reason: None,
        };
        for (seconds, reason) in
            [(0, None), (299, None), (300, Some(EndReason::Idle)), (360, Some(EndReason::Expired))]
        {
            let now = start + chrono::Duration::seconds(seconds);
            assert_eq!(session.overdue(now, idle), reason, "{seconds}");
        }
    }
}
