//! What the process needs to reach the service: a client and the keys of tokens.

use std::fmt;
use std::sync::Arc;

use truelayer::Client;

use crate::sealing::vault::{Vault, VaultError};
use crate::settings::OpenBankingSettings;

/// Reaches the service; clones share it.
#[derive(Clone)]
pub struct OpenBanking(Arc<Reach>);

struct Reach {
    client: Client,
    vault: Vault,
}

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
        Ok(Self(Arc::new(Reach { client, vault })))
    }

    /// Returns the client of the service.
    pub fn client(&self) -> &Client {
        &self.0.client
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
