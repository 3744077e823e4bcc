//! A memory of the callers that were checked just now.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use kernel::{Actor, ApiKeyId, Instant, SessionId, UserId};

use super::memory::Memory;
use crate::Permissions;

/// How long a checked caller is remembered.
const KEPT: Duration = Duration::from_secs(1);
/// How many callers are remembered at once.
const MOST: u64 = 100_000;

/// Names a caller by what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalKey {
    /// A signed-in device.
    Session(SessionId),
    /// An API key.
    ApiKey(ApiKeyId),
}

/// Describes a caller as the database knew it a moment ago.
#[derive(Clone, Debug)]
pub struct Principal {
    /// On whose behalf.
    pub actor: Actor,
    /// The user behind the actor.
    pub user_id: UserId,
    /// The session, where there is one.
    pub session_id: Option<SessionId>,
    /// What the caller may do.
    pub permissions: Permissions,
    /// The user's full name and language, which the console shows.
    pub name: String,
    /// BCP 47.
    pub locale: Option<String>,
    /// Whether nothing is allowed until a second factor is enrolled.
    pub must_enroll: bool,
    /// What the secret must hash to (API keys), or the browser (sessions kept in cookies).
    pub bound_to: Option<Vec<u8>>,
    /// From when on it is over.
    pub ends_at: Instant,
    /// How long it may rest; none for API keys.
    pub idle: Option<chrono::Duration>,
    /// When its use was last written down.
    pub recorded_use: Instant,
    /// When it was last used, as this process knows.
    pub last_use: Arc<AtomicI64>,
}

/// Remembers checked callers for a second, while the security epoch stands.
pub type Principals = Memory<PrincipalKey, Principal>;

/// Makes an empty memory of callers.
pub(super) fn principals() -> Principals {
    Memory::new(KEPT, MOST, |_| 1)
}
