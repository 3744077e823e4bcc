//! What every use case needs.

use std::ops::Deref;
use std::sync::Arc;

use database::Database;
use kernel::{Clock, Instant, Random, RequestId};
use ledger::{Ledger, LedgerOptions};

use crate::Caller;
use crate::Settings;
use crate::guard::{Guard, NoTokenSecret};
use crate::reach::{OpenBanking, UnfitOpenBanking};
use crate::sealing::{KeyRing, SealError};

/// Carries the database, the clock, chance, the ledger and the settings; clones share them.
///
/// One pointer, since the layers of the web hand a clone to every request several times.
#[derive(Clone, Debug)]
pub struct Bank(Arc<Parts>);

/// Holds what a [`Bank`] carries.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The database.
    pub db: Database,
    /// The clock; a sandbox moves it.
    pub clock: Clock,
    /// Chance.
    pub random: Random,
    /// Posts every movement of money.
    pub ledger: Ledger,
    /// What the operator chose at start.
    pub settings: Arc<Settings>,
    /// Seals what is kept encrypted.
    pub keys: KeyRing,
    /// Knows the callers of this process.
    pub guard: Guard,
    /// Reaches customers' accounts at other banks, where the operator wants that.
    pub open_banking: Option<OpenBanking>,
}

/// Says which secret of the settings cannot serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitSettings {
    /// The encryption keys: none, or one that has not 32 bytes.
    #[error("the encryption keys must be 32 bytes each, and there must be one")]
    EncryptionKeys(#[from] SealError),
    /// How TrueLayer is reached.
    #[error(transparent)]
    OpenBanking(#[from] UnfitOpenBanking),
    /// The secrets of access tokens: none.
    #[error(transparent)]
    TokenSecrets(#[from] NoTokenSecret),
}

impl Bank {
    /// Returns a caller that speaks for the program itself, with a name of its own for what it does now.
    pub fn system_caller(&self) -> Caller {
        Caller::system(RequestId::generate(self.now(), &self.random))
    }

    /// Puts the bank together from its inputs and its settings.
    ///
    /// # Errors
    /// [`UnfitSettings`] when a secret is missing or has the wrong length.
    pub fn new(
        db: Database,
        clock: Clock,
        random: Random,
        settings: Arc<Settings>,
    ) -> Result<Self, UnfitSettings> {
        let keys = KeyRing::new(&settings.encryption_keys)?;
        let guard = Guard::new(&settings, &random)?;
        let open_banking = settings.open_banking.as_ref().map(OpenBanking::new).transpose()?;
        let options = LedgerOptions { zone: settings.business_timezone, ..LedgerOptions::default() };
        let ledger = Ledger::new(db.clone(), clock.clone(), random.clone(), options);
        Ok(Self(Arc::new(Parts { db, clock, random, ledger, settings, keys, guard, open_banking })))
    }

    /// Returns another bank that differs in some parts and shares the rest.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = Parts::clone(&self.0);
        change(&mut parts);
        Self(Arc::new(parts))
    }

    /// Returns the current instant in whole microseconds.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }
}

impl Deref for Bank {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
