//! What staff sends and sees about users.

use kernel::{Instant, InvitationId, NoteId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::api_keys::ApiKeyResponse;
use super::sessions::SessionResponse;
use crate::audit::Reason;
use crate::identity::model::{Invitation, Note, User, UserKind, UserStatus, parse_roles};
use crate::identity::service::UserDetail;
use crate::{Permission, Role};

/// Chooses what is listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsersQuery {
    /// Customers or staff.
    pub(super) kind: Option<UserKind>,
    /// With this status.
    pub(super) status: Option<UserStatus>,
    /// Part of a name or an address, or a whole id.
    #[param(max_length = 200)]
    pub(super) search: Option<String>,
    /// How many rows at most, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u16>,
    /// The `next` of the page before.
    pub(super) after: Option<String>,
}

/// Shows a user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserResponse {
    id: UserId,
    kind: UserKind,
    #[schema(example = "ada@example.com")]
    email: String,
    #[schema(example = "Ada Lovelace")]
    full_name: String,
    #[schema(example = "GB")]
    country: Option<String>,
    #[schema(example = "en")]
    locale: Option<String>,
    status: UserStatus,
    roles: Vec<Role>,
    /// Whether a second factor is enrolled.
    second_factor: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

impl UserResponse {
    pub(super) fn new(user: User, roles: Vec<Role>) -> Self {
        Self {
            id: user.id,
            kind: user.kind,
            second_factor: user.has_second_factor(),
            email: user.email,
            full_name: user.full_name,
            country: user.country,
            locale: user.locale,
            status: user.status,
            roles,
            created_at: user.created_at,
        }
    }
}

/// Shows a user with sessions and notes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserDetailResponse {
    #[serde(flatten)]
    user: UserResponse,
    sessions: Vec<SessionResponse>,
    notes: Vec<NoteResponse>,
    /// The API keys that act for the user, newest first.
    api_keys: Vec<ApiKeyResponse>,
}

impl From<UserDetail> for UserDetailResponse {
    fn from(detail: UserDetail) -> Self {
        let sessions = detail.sessions.into_iter().map(|session| SessionResponse::new(session, None));
        Self {
            user: UserResponse::new(detail.user, detail.roles),
            sessions: sessions.collect(),
            notes: detail.notes.into_iter().map(NoteResponse::from).collect(),
            api_keys: detail.keys.into_iter().map(ApiKeyResponse::from).collect(),
        }
    }
}

/// Shows a note.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NoteResponse {
    id: NoteId,
    author: UserId,
    #[schema(example = "Called about a lost card.")]
    text: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

impl From<Note> for NoteResponse {
    fn from(note: Note) -> Self {
        Self { id: note.id, author: note.author_id, text: note.body, created_at: note.created_at }
    }
}

/// Invites a member of staff.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InviteRequest {
    #[schema(format = "email", example = "grace@example.com")]
    pub(super) email: String,
    #[schema(example = json!(["support"]))]
    pub(super) roles: Vec<Role>,
    pub(super) reason: Reason,
}

/// Shows an invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationResponse {
    id: InvitationId,
    #[schema(example = "grace@example.com")]
    email: String,
    roles: Vec<Role>,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
}

impl From<Invitation> for InvitationResponse {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id,
            roles: parse_roles(&invitation.roles),
            email: invitation.email,
            expires_at: invitation.expires_at,
        }
    }
}

/// Shows the invitations that are open.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationsResponse {
    pub(super) items: Vec<InvitationResponse>,
}

/// Shows a role and what it may do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoleResponse {
    role: Role,
    permissions: Vec<Permission>,
}

impl From<Role> for RoleResponse {
    fn from(role: Role) -> Self {
        Self { role, permissions: role.permissions().iter().collect() }
    }
}

/// Shows every role.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RolesResponse {
    pub(super) items: Vec<RoleResponse>,
}

/// Says why something is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonRequest {
    pub(super) reason: Reason,
}

/// Gives other roles.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignRolesRequest {
    #[schema(example = json!(["support", "compliance"]))]
    pub(super) roles: Vec<Role>,
    pub(super) reason: Reason,
}

/// Carries a note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WriteNoteRequest {
    /// 1 to 500 characters.
    pub(super) text: Reason,
}
