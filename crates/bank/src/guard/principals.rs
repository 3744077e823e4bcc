//! A memory of the callers that were checked just now.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use kernel::{Actor, ApiKeyId, Instant, SessionId, UserId};
use moka::future::Cache;

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
#[derive(Debug)]
pub struct Principals {
    cache: Cache<PrincipalKey, (u64, Arc<Principal>)>,
    /// Rises with every revocation that this process makes or hears of; what was checked before is forgotten.
    generation: AtomicU64,
    /// The database's security epoch as last seen.
    epoch: AtomicI64,
}

impl Default for Principals {
    fn default() -> Self {
        Self {
            cache: Cache::builder().max_capacity(MOST).time_to_live(KEPT).build(),
            generation: AtomicU64::new(0),
            epoch: AtomicI64::new(0),
        }
    }
}

impl Principals {
    /// Returns the caller if it was checked within the last second and nothing was revoked since.
    pub async fn get(&self, key: PrincipalKey) -> Option<Arc<Principal>> {
        let (generation, principal) = self.cache.get(&key).await?;
        (generation == self.generation()).then_some(principal)
    }

    /// Returns the current generation; read it before the database, and hand it to [`Principals::keep`].
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Remembers a caller that was read from the database after `generation` was.
    pub async fn keep(&self, key: PrincipalKey, generation: u64, principal: Arc<Principal>) {
        self.cache.insert(key, (generation, principal)).await;
    }

    /// Forgets one caller: its row changed.
    pub async fn forget(&self, key: PrincipalKey) {
        self.cache.invalidate(&key).await;
    }

    /// Forgets everybody: something was revoked.
    pub fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes note of the database's security epoch, and forgets everybody when it has moved.
    pub fn see_epoch(&self, epoch: i64) {
        if self.epoch.swap(epoch, Ordering::SeqCst) != epoch {
            self.forget_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal() -> Arc<Principal> {
        let at = Instant::UNIX_EPOCH;
        Arc::new(Principal {
            actor: Actor::System,
            user_id: UserId::from_uuid(uuid::Uuid::nil()),
            session_id: None,
            permissions: Permissions::NONE,
            bound_to: None,
            ends_at: at,
            idle: None,
            recorded_use: at,
            last_use: Arc::default(),
        })
    }

    #[tokio::test]
    async fn a_new_epoch_forgets_everybody_even_who_was_read_before_it() {
        let principals = Principals::default();
        let key = PrincipalKey::ApiKey(ApiKeyId::from_uuid(uuid::Uuid::nil()));
        let before = principals.generation();
        principals.keep(key, before, principal()).await;
        assert!(principals.get(key).await.is_some());
        principals.see_epoch(1);
        assert!(principals.get(key).await.is_none());
        principals.keep(key, before, principal()).await;
        assert!(principals.get(key).await.is_none(), "read before the revocation, kept after it");
        principals.see_epoch(1);
        principals.keep(key, principals.generation(), principal()).await;
        assert!(principals.get(key).await.is_some(), "the same epoch forgets nobody");
    }
}
