//! What every handler holds: the world, the clock, chance, and the simulator's own addresses and key.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel::{Clock, Instant, Random};
use url::Url;

use super::consent::Mint;
use super::world::World;
use crate::signature::SigningKey;

/// Holds what handlers share.
pub(super) struct Shared {
    world: Mutex<World>,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) auth: Url,
    pub(super) api: Url,
    pub(super) jwks: Url,
    /// Signs webhooks; its public half is published at `jwks`.
    pub(super) key: SigningKey,
    /// Has the same name and is published nowhere.
    pub(super) wrong_key: SigningKey,
    pub(super) http: reqwest::Client,
    /// Held while webhooks are sent, so that whoever waits for it finds them delivered.
    pub(super) sending: tokio::sync::Mutex<()>,
}

pub(super) type Handle = Arc<Shared>;

/// What [`Shared`] is made of.
pub(super) struct Parts {
    pub(super) world: World,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) auth: Url,
    pub(super) api: Url,
    pub(super) jwks: Url,
    pub(super) key: SigningKey,
    pub(super) wrong_key: SigningKey,
}

impl Shared {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { world, clock, random, auth, api, jwks, key, wrong_key } = parts;
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(10))
            .build()
            .expect("a client on loopback needs nothing of the system");
        Self {
            world: Mutex::new(world),
            clock,
            random,
            auth,
            api,
            jwks,
            key,
            wrong_key,
            http,
            sending: tokio::sync::Mutex::default(),
        }
    }

    /// Takes the lock; nothing is awaited while it is held.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Issues tokens for a link.
    pub(super) fn mint<T>(&self, issue: impl FnOnce(&mut World, &Mint<'_>) -> T) -> T {
        let mut world = self.world();
        let (modes, client_id) = (world.modes.clone(), world.client.client_id.clone());
        let mint = Mint {
            issuer: self.auth.as_str().trim_end_matches('/'),
            client_id: &client_id,
            random: &self.random,
            modes: &modes,
            now: self.now(),
        };
        issue(&mut world, &mint)
    }
}
