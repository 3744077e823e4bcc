//! What waits for a second person, and why a decision is refused.

use chrono::Duration;
use kernel::{Instant, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audit::{Reason, Subject};
use crate::context::Forbidden;
use crate::web::Problem;
use crate::{Caller, Permission};

/// Holds one command that needs, or had, a second person.
pub mod approval {
    use kernel::{ApprovalId, Instant, UserId};
    use sea_orm::entity::prelude::*;

    use super::ApprovalState;

    /// Mirrors the table `approvals`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "approvals")]
    pub struct Model {
        /// The approval's name.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ApprovalId,
        /// Which executor carries it out: `transfers.reverse`.
        pub kind: String,
        /// What the executor needs: ids and amounts.
        pub payload: Json,
        /// SHA-256 over what was asked for, in hexadecimal.
        pub payload_hash: String,
        /// What it is, in one line for the second person. No personal data.
        pub summary: String,
        /// What sort of thing it is about.
        pub subject_kind: String,
        /// That thing's id in text form.
        pub subject_id: String,
        /// Why, in the maker's words.
        pub reason: String,
        /// What the second person must be allowed to do.
        pub decide_permission: String,
        /// Sort of the maker, see [`kernel::ActorKind`].
        pub maker_kind: String,
        /// The maker: a user or an API key.
        pub maker_id: Uuid,
        /// The person behind the maker.
        pub maker_user_id: UserId,
        /// Where it stands.
        pub state: ApprovalState,
        /// The person who decided.
        pub checker_user_id: Option<UserId>,
        /// When it was asked for.
        pub created_at: Instant,
        /// When it is too late to decide.
        pub expires_at: Instant,
        /// When it was decided, or found expired.
        pub decided_at: Option<Instant>,
        /// Why it was decided so, in the checker's words.
        pub decision_reason: Option<String>,
        /// What came of it.
        pub result: Option<Json>,
    }

    /// None: people and subjects are pointed at by id across slices.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use approval::Model as Approval;

/// Says where a command stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    sea_orm::EnumIter,
    sea_orm::DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Waits for a second person.
    Pending,
    /// Agreed to and carried out.
    Executed,
    /// Refused, or withdrawn by its maker.
    Rejected,
    /// Nobody decided in time.
    Expired,
}

/// How many days a command waits.
pub const LIFETIME_DAYS: i64 = 7;

/// Describes a command that needs a second person.
#[derive(Clone, Debug)]
pub struct Command {
    /// Which executor carries it out: `transfers.reverse`.
    pub kind: &'static str,
    /// What the executor needs: ids and amounts, no personal data.
    pub payload: Value,
    /// What it is, in one line for the second person. No personal data.
    pub summary: String,
    /// What it is about.
    pub subject: Subject,
    /// Why, in the maker's words.
    pub reason: Reason,
    /// What the second person must be allowed to do, besides deciding at all.
    pub decide_permission: Permission,
}

/// Chooses commands for a list.
#[derive(Clone, Debug, Default)]
pub struct ApprovalFilter {
    /// Where they stand.
    pub state: Option<ApprovalState>,
    /// Of which kind.
    pub kind: Option<String>,
    /// Asked for by whom.
    pub maker: Option<UserId>,
    /// About what, by its id in text form.
    pub subject: Option<String>,
    /// From whose point of view.
    pub view: Option<(ApprovalView, Option<UserId>)>,
}

/// Chooses commands by what they are to whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalView {
    /// Pending, and asked for by others.
    Waiting,
    /// Asked for by oneself, wherever they stand.
    Own,
    /// Decided or expired, whoever asked.
    Decided,
}

/// Says why a command was not taken or not decided, in the order in which it is looked at.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// The caller may not decide, or not this.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Only a person can ask, and only a member of staff who is signed in can decide.
    #[error("only a person can be the maker or the checker")]
    NotAPerson,
    /// There is no such approval.
    #[error("no such approval")]
    NotFound,
    /// It was decided, withdrawn or found expired before.
    #[error("already decided: {0:?}")]
    Decided(ApprovalState),
    /// Its time is over.
    #[error("expired at {0}")]
    Expired(Instant),
    /// The checker is the maker.
    #[error("the maker cannot be the checker")]
    SelfApproval,
    /// The stored command is not the one that was asked for.
    #[error("the stored command was altered")]
    Altered,
    /// No executor carries out this kind.
    #[error("nothing carries out {0}")]
    UnknownKind(String),
    /// The executor refused; the command stays pending.
    #[error("the command was refused: {}", .0.code())]
    Refused(Box<Problem>),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

impl Approval {
    /// Returns where the command stands at `now`: a pending one whose time is over counts as expired.
    pub fn state_at(&self, now: Instant) -> ApprovalState {
        if self.state == ApprovalState::Pending && self.expires_at <= now {
            return ApprovalState::Expired;
        }
        self.state
    }

    /// Insists that the command can still be decided.
    pub(crate) fn require_pending(&self, now: Instant) -> Result<(), ApprovalError> {
        match self.state {
            ApprovalState::Pending if self.expires_at <= now => Err(ApprovalError::Expired(self.expires_at)),
            ApprovalState::Pending => Ok(()),
            decided => Err(ApprovalError::Decided(decided)),
        }
    }

    /// Returns what the second person must be allowed to do; an unreadable name allows nobody.
    pub(crate) fn decide_permission(&self) -> Result<Permission, ApprovalError> {
        self.decide_permission.parse().map_err(|_| ApprovalError::Altered)
    }

    /// Returns when a command that is asked for now is too late to decide.
    pub(crate) fn expiry(now: Instant) -> Instant {
        now + Duration::days(LIFETIME_DAYS)
    }
}

/// Returns the member of staff who decides: a person, signed in, not a machine.
pub(crate) fn checker(caller: &Caller) -> Result<UserId, ApprovalError> {
    let person = caller.user_id.filter(|_| caller.is_staff());
    person.ok_or(ApprovalError::NotAPerson)
}
