//! Who asks: carried from the edge into every service function.

use std::net::IpAddr;

use kernel::{Actor, RequestId, SessionId, UserId};

use crate::{Permission, Permissions};

/// Says who asks, by which request, and what they may do.
#[derive(Clone, Debug)]
pub struct Caller {
    /// On whose behalf.
    pub actor: Actor,
    /// The user behind the actor: of a session or of an API key; none for the system.
    pub user_id: Option<UserId>,
    /// The session, where there is one.
    pub session_id: Option<SessionId>,
    /// The request, for the audit row and the logs.
    pub request_id: RequestId,
    /// What the caller may do.
    pub permissions: Permissions,
    /// Where the request came from; never stored in the audit log.
    pub address: Option<IpAddr>,
}

/// Says that the caller lacks a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the permission {} is required", .0.as_str())]
pub struct Forbidden(pub Permission);

impl Caller {
    /// Speaks for the program itself: a job, a start, a command line.
    pub fn system(request_id: RequestId) -> Self {
        Self {
            actor: Actor::System,
            user_id: None,
            session_id: None,
            request_id,
            permissions: Permission::ALL.iter().copied().collect(),
            address: None,
        }
    }

    /// Says whether the caller may do `permission`.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(permission)
    }

    /// Insists that the caller may do `permission`.
    ///
    /// # Errors
    /// [`Forbidden`] with the permission that is missing.
    pub fn require(&self, permission: Permission) -> Result<(), Forbidden> {
        if self.may(permission) { Ok(()) } else { Err(Forbidden(permission)) }
    }

    /// Says whether the caller is a member of staff, signed in.
    pub fn is_staff(&self) -> bool {
        matches!(self.actor, Actor::Staff(_))
    }
}
