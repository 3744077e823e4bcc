//! What the process needs to reach the service: a client and the keys of tokens.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use kernel::{Clock, ConnectionId, Instant, Secret};
use tokio::sync::OwnedMutexGuard;
use truelayer::payments::Payments;
use truelayer::signature::hmac::{Form, Verifier};
use truelayer::signature::{JwksCache, WebhookVerifier};
use truelayer::{AccessToken, Client};

use crate::sealing::vault::{Vault, VaultError};
use crate::settings::{OpenBankingSettings, PaymentSettings};

/// Reaches the service; clones share it.
#[derive(Clone)]
pub struct OpenBanking(Arc<Reach>);

struct Reach {
    client: Client,
    vault: Vault,
    /// Believes what is signed with the operator's secrets.
    webhooks: Verifier,
    /// Who asks for new tokens in this process, by connection.
    turns: Mutex<HashMap<ConnectionId, Arc<Turn>>>,
    /// Believes what is signed with the service's published keys.
    signed: OnceLock<WebhookVerifier>,
    payments: Option<PaymentReach>,
    /// How many webhooks came from where that nothing showed to be the service's.
    unsigned: DefaultKeyedRateLimiter<Option<IpAddr>>,
}

/// How many webhooks a minute are looked at from one address that are not signed. Signed ones are not counted.
const UNSIGNED_A_MINUTE: NonZeroU32 = NonZeroU32::new(100).expect("not zero");

/// From how many networks on those that have rested are forgotten.
const MOST_COUNTED: usize = 4096;

/// Is held by whoever asks for a connection's tokens.
type Turn = tokio::sync::Mutex<()>;

/// Says what of the settings cannot serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitOpenBanking {
    /// The client cannot be set up.
    #[error(transparent)]
    Client(#[from] truelayer::Error),
    /// The keys: none, or one that has not 32 bytes.
    #[error("the keys of TrueLayer's tokens must be 32 bytes each, and there must be one")]
    Keys(#[from] VaultError),
}

impl OpenBanking {
    /// Puts it together from the operator's settings.
    ///
    /// # Errors
    /// [`UnfitOpenBanking`] for keys or a client that cannot serve.
    pub fn new(settings: &OpenBankingSettings) -> Result<Self, UnfitOpenBanking> {
        let vault = Vault::new(&settings.token_keys)?;
        let client = Client::new(settings.servers.clone(), settings.credentials.clone())?;
        let bytes = |secret: &Secret<String>| Secret::new(secret.expose().as_bytes().to_vec());
        let webhooks = Verifier::new(settings.webhook_secrets.iter().map(bytes).collect(), Form::Body);
        let payments = settings.payments.as_ref().map(|own| PaymentReach::new(&client, own));
        let unsigned = DefaultKeyedRateLimiter::keyed(Quota::per_minute(UNSIGNED_A_MINUTE));
        Ok(Self(Arc::new(Reach {
            client,
            vault,
            webhooks,
            signed: OnceLock::new(),
            turns: Mutex::default(),
            payments,
            unsigned,
        })))
    }

    /// Returns the client of the service.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Waits until nobody else in this process asks for a connection's tokens.
    pub async fn turn(&self, connection: ConnectionId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.turns.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody holds or waits for are forgotten.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(connection).or_default())
        };
        turn.lock_owned().await
    }

    /// Returns what believes webhooks, or not.
    pub fn webhooks(&self) -> &Verifier {
        &self.0.webhooks
    }

    /// Returns what believes the service's own signature, or not, by this clock.
    pub fn signed(&self, clock: &Clock) -> &WebhookVerifier {
        self.0.signed.get_or_init(|| {
            let client = self.client();
            let address = client.environment().jwks().clone();
            let keys = JwksCache::new(client.http().clone(), address, clock.clone());
            WebhookVerifier::new(keys, clock.clone())
        })
    }

    /// Returns what makes payments; none while the operator has not set that up.
    pub fn payments(&self) -> Option<&PaymentReach> {
        self.0.payments.as_ref()
    }

    /// Counts a webhook that is not signed; when there were too many from the network, in how many seconds the next is
    /// looked at.
    pub fn count_unsigned(&self, source: Option<IpAddr>) -> Option<u32> {
        // Those that have rested are forgotten now and then: to look through all of them each time would serve a flood.
        if self.0.unsigned.len() > MOST_COUNTED {
            self.0.unsigned.retain_recent();
        }
        let refusal = self.0.unsigned.check_key(&source).err()?;
        let wait = refusal.wait_time_from(DefaultClock::default().now());
        Some(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1))
    }

    /// Returns what seals tokens.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }
}

impl fmt::Debug for OpenBanking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenBanking").field("keys", &self.0.vault).finish_non_exhaustive()
    }
}

/// Makes payments at the service, and believes what it reports about them.
pub struct PaymentReach {
    client: Payments,
    /// The program's own token, and until when it is used; one caller at a time gets the next.
    token: tokio::sync::Mutex<Option<(AccessToken, Instant)>>,
}

/// A token that ends so soon is replaced before it is used.
const MARGIN: chrono::Duration = chrono::Duration::minutes(1);

impl PaymentReach {
    fn new(client: &Client, settings: &PaymentSettings) -> Self {
        let client = Payments::new(client.clone(), settings.signing_key.clone());
        Self { client, token: tokio::sync::Mutex::default() }
    }

    /// Returns the client.
    pub const fn client(&self) -> &Payments {
        &self.client
    }

    /// Returns a token for payments, asked for anew when the last one ends.
    ///
    /// # Errors
    /// What the service says.
    pub async fn token(&self, now: Instant) -> Result<AccessToken, truelayer::Error> {
        let mut kept = self.token.lock().await;
        if let Some((token, _)) = kept.as_ref().filter(|(_, until)| now < *until) {
            return Ok(token.clone());
        }
        let brought = self.client.token().await?;
        let life =
            chrono::Duration::from_std(brought.expires_in).unwrap_or_else(|_| chrono::Duration::zero());
        *kept = Some((brought.access_token.clone(), now + life - MARGIN));
        Ok(brought.access_token)
    }
}
