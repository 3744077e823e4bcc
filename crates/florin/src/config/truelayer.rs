//! How TrueLayer is reached: what was given, what follows from it, and what is refused.
//!
//! Nothing is reached unless a variable `TRUELAYER_…` is set. Then it is production, unless `TRUELAYER_ENV` says
//! otherwise, and production demands everything. A sandbox without credentials is the simulator in this process.

use bank::settings::{OpenBankingMode, OpenBankingSettings, PaymentSettings, WebhookScheme};
use kernel::{Currency, Secret};
use truelayer::signature::SigningKey;
use truelayer::{ClientCredentials, Environment};
use url::Url;

use super::{Config, Fault, Source};

/// The path of the route that users come back to.
const CALLBACK: &str = "/api/v1/integrations/truelayer/callback";

/// The path of the route that takes what is reported.
const WEBHOOK: &str = "/api/v1/integrations/truelayer/webhook";

/// Holds what was given.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrueLayer {
    /// Whether any variable is set.
    pub(super) is_on: bool,
    /// `TRUELAYER_ENV`.
    pub(super) mode: Option<OpenBankingMode>,
    /// `TRUELAYER_SANDBOX`, which is deprecated.
    pub(super) is_sandbox: Option<bool>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<Secret<String>>,
    pub(super) redirect_uri: Option<Url>,
    pub(super) webhook_url: Option<Url>,
    pub(super) webhook_scheme: WebhookScheme,
    pub(super) webhook_secrets: Vec<Secret<String>>,
    /// `TRUELAYER_ENCRYPTION_KEY`.
    pub(super) key: Option<Secret<Vec<u8>>>,
    /// `TRUELAYER_ENCRYPTION_KEYS`, the first of which seals.
    pub(super) keys: Vec<Secret<Vec<u8>>>,
    pub(super) providers: Vec<String>,
    /// `FLORIN_OPENBANKING_RETENTION_DAYS`.
    pub(super) retention_days: Option<u16>,
    /// `TRUELAYER_SIGNING_KEY`, in PEM.
    pub(super) signing_key: Option<Secret<String>>,
    pub(super) signing_key_id: Option<String>,
    pub(super) merchant_accounts: Vec<(Currency, String)>,
    pub(super) payment_return_uri: Option<Url>,
    /// The simulator that was started in this process.
    simulated: Option<Simulated>,
}

/// Holds where a simulator answers and whom it knows.
#[derive(Clone, Debug)]
pub(crate) struct Simulated {
    pub(crate) servers: Environment,
    pub(crate) credentials: ClientCredentials,
    /// Signs payments there; none for a simulator of another process, which knows none of ours.
    pub(crate) signing_key: Option<SigningKey>,
}

impl TrueLayer {
    /// Says whether the service is simulated in this process.
    pub(crate) fn is_simulated(&self) -> bool {
        self.is_on
            && self.mode() == OpenBankingMode::Sandbox
            && self.client_id.is_none()
            && self.client_secret.is_none()
    }

    /// Says whether the operator uses the name that will go.
    pub(crate) const fn uses_deprecated_name(&self) -> bool {
        self.is_sandbox.is_some()
    }

    /// `TRUELAYER_ENV`, else the deprecated name, else production.
    fn mode(&self) -> OpenBankingMode {
        self.mode.unwrap_or(match self.is_sandbox {
            Some(true) => OpenBankingMode::Sandbox,
            Some(false) | None => OpenBankingMode::Production,
        })
    }

    fn servers(&self) -> Option<(Environment, ClientCredentials)> {
        if self.is_simulated() {
            let Simulated { servers, credentials, .. } =
                self.simulated.clone().unwrap_or_else(crate::simulation::usual);
            return Some((servers, credentials));
        }
        let servers = match self.mode() {
            OpenBankingMode::Production => Environment::live(),
            OpenBankingMode::Sandbox => Environment::sandbox(),
        };
        let (client_id, client_secret) = (self.client_id.clone()?, self.client_secret.clone()?);
        Some((servers, ClientCredentials { client_id, client_secret }))
    }
}

impl Config {
    /// Switches the simulator on for a demonstration, unless the operator chose anything.
    pub(crate) fn simulate_unless_chosen(&mut self) {
        if !self.truelayer.is_on {
            self.truelayer.is_on = true;
            self.truelayer.mode = Some(OpenBankingMode::Sandbox);
            self.settings.open_banking = open_banking(self);
        }
    }

    /// Reaches the simulator that was started.
    pub(crate) fn reach(&mut self, simulated: Simulated) {
        self.truelayer.simulated = Some(simulated);
        self.settings.open_banking = open_banking(self);
    }
}

/// Fills in what follows from other variables; nothing when the service is off or not fully described.
pub(super) fn open_banking(config: &Config) -> Option<OpenBankingSettings> {
    let given = &config.truelayer;
    if !given.is_on {
        return None;
    }
    let (servers, credentials) = given.servers()?;
    let usual = || format!("{}{CALLBACK}", config.settings.public_url).parse().ok();
    // A simulator on this machine reaches us where everybody does.
    let webhook_url = || {
        let url = given.is_simulated().then(|| format!("{}{WEBHOOK}", config.settings.public_url));
        url?.parse().ok()
    };
    let mode = given.mode();
    let mut providers = given.providers.clone();
    if providers.is_empty() {
        providers.extend(mode.usual_providers().iter().map(|name| (*name).to_owned()));
    }
    let mut token_keys = given.keys.clone();
    // The single key may be the one before the ring: it still opens, and never twice.
    token_keys.extend(given.key.iter().filter(|key| !given.keys.contains(key)).cloned());
    Some(OpenBankingSettings {
        mode,
        servers,
        credentials,
        redirect_uri: given.redirect_uri.clone().or_else(usual)?,
        webhook_url: given.webhook_url.clone().or_else(webhook_url),
        webhook_scheme: given.webhook_scheme,
        webhook_secrets: given.webhook_secrets.clone(),
        token_keys,
        providers,
        aside_directory: Some(config.data_directory.join("truelayer")),
        retention_days: given.retention_days.unwrap_or(30),
        payments: payments(config),
    })
}

/// Fills in what payments need; nothing unless they are fully described.
fn payments(config: &Config) -> Option<PaymentSettings> {
    let given = &config.truelayer;
    let simulated = given.simulated.as_ref().and_then(|simulated| simulated.signing_key.clone());
    let own = given.signing_key.as_ref().zip(given.signing_key_id.clone());
    let own = own.and_then(|(pem, id)| SigningKey::from_pem(id, pem.expose()).ok());
    let mut merchant_accounts = given.merchant_accounts.clone();
    if merchant_accounts.is_empty() && given.is_simulated() {
        let made_up = |currency: Currency| (currency, format!("sim-merchant-{currency}").to_lowercase());
        merchant_accounts = [Currency::GBP, Currency::EUR].map(made_up).to_vec();
    }
    let usual = || format!("{}/my", config.settings.public_url).parse().ok();
    let return_uri = given.payment_return_uri.clone().or_else(usual)?;
    let signing_key = own.or(simulated).filter(|_| !merchant_accounts.is_empty())?;
    Some(PaymentSettings { signing_key, merchant_accounts, return_uri })
}

/// Names what is missing where payments are described in part, and a key that is none.
fn payment_faults(given: &TrueLayer) -> Vec<Fault> {
    let key = given.signing_key.as_ref();
    let parts = [
        ("TRUELAYER_SIGNING_KEY", key.is_some()),
        ("TRUELAYER_SIGNING_KEY_ID", given.signing_key_id.is_some()),
        ("TRUELAYER_MERCHANT_ACCOUNTS", !given.merchant_accounts.is_empty()),
    ];
    let mut faults = Vec::new();
    if parts.iter().any(|(_, is_given)| *is_given) {
        let missing = parts.iter().filter(|(_, is_given)| !is_given);
        faults.extend(missing.map(|(name, _)| Fault::new(*name, "is missing; payments need all three")));
    }
    if key.is_some_and(|pem| SigningKey::from_pem(String::new(), pem.expose()).is_err()) {
        faults.push(Fault::new("TRUELAYER_SIGNING_KEY", "is no private key on P-521 in PEM"));
    }
    faults
}

/// What production demands beside the URLs.
const DEMANDED: [&str; 5] = [
    "TRUELAYER_CLIENT_ID",
    "TRUELAYER_CLIENT_SECRET",
    "TRUELAYER_REDIRECT_URI",
    "TRUELAYER_WEBHOOK_URL",
    SECRET,
];
const SECRET: &str = "TRUELAYER_WEBHOOK_SECRET";

/// Lists what is missing or unencrypted.
pub(super) fn faults(config: &Config, source: &Source) -> Vec<Fault> {
    let given = &config.truelayer;
    if !given.is_on {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let is_missing = |name: &str| source.get(name).is_none();
    if given.mode() == OpenBankingMode::Production {
        // Whoever goes by TrueLayer's published keys shares no secret with it.
        let is_demanded = |name: &&str| *name != SECRET || given.webhook_scheme == WebhookScheme::Hmac;
        let missing = DEMANDED.into_iter().filter(is_demanded).filter(|name| is_missing(name));
        faults.extend(missing.map(|name| Fault::new(name, "is missing; TrueLayer in production needs it")));
        for (name, url) in
            [("TRUELAYER_REDIRECT_URI", &given.redirect_uri), ("TRUELAYER_WEBHOOK_URL", &given.webhook_url)]
        {
            if url.as_ref().is_some_and(|url| url.scheme() != "https") {
                faults.push(Fault::new(name, "must be https when TrueLayer is in production"));
            }
        }
    } else if given.client_id.is_some() != given.client_secret.is_some() {
        faults.push(Fault::new("TRUELAYER_CLIENT_ID", "and TRUELAYER_CLIENT_SECRET must be given together"));
    }
    let is_strict = given.mode() == OpenBankingMode::Production || config.settings.is_production();
    let has_key =
        ["TRUELAYER_ENCRYPTION_KEY", "TRUELAYER_ENCRYPTION_KEYS"].iter().any(|name| !is_missing(name));
    if is_strict && !has_key {
        faults.push(Fault::new("TRUELAYER_ENCRYPTION_KEY", "is missing; tokens are sealed under it"));
    }
    faults.extend(payment_faults(given));
    faults
}

#[cfg(test)]
mod tests;
