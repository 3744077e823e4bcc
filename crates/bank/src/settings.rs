//! What the operator chose: parsed once at start by the executable, read everywhere.

use chrono::Duration;
use chrono_tz::Tz;
use ipnet::IpNet;
use kernel::{Currency, Secret};

/// Says how careful the program must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Safe defaults are generated, mail goes to a folder, the clock may be moved.
    Development,
    /// Nothing is implied: every secret is given, every address is https.
    Production,
}

/// Holds every choice of the operator that the bank reads.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Development or production.
    pub environment: Environment,
    /// The bank's name, shown to customers.
    pub bank_name: String,
    /// Where customers reach the bank, without a slash at the end.
    pub public_url: String,
    /// The zone whose midnight ends the business day.
    pub business_timezone: Tz,
    /// The currency that thresholds are given in.
    pub base_currency: Currency,
    /// The bank's own codes, from which account numbers are made.
    pub bank_codes: BankCodes,
    /// Signs access tokens; the first signs, all verify.
    pub jwt_secrets: Vec<Secret<String>>,
    /// Seal what is kept encrypted; the first seals, all open. 32 bytes each.
    pub encryption_keys: Vec<Secret<Vec<u8>>>,
    /// Signs checkpoints of the journal and the audit log. 32 bytes.
    pub signing_key: Secret<Vec<u8>>,
    /// Where signed checkpoints are kept outside the database; nowhere when absent.
    pub checkpoint_directory: Option<std::path::PathBuf>,
    /// Sign-in and sessions.
    pub sessions: SessionSettings,
    /// What hashing a password costs.
    pub password_cost: PasswordCost,
    /// From which amount (minor units of the base currency) cash and reversals need a second person.
    pub approval_threshold_minor: i64,
    /// Above which amount (minor units) a payment needs a step-up, until the customer chooses.
    pub step_up_threshold_minor: i64,
    /// Proxies whose forwarding headers count.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins that browsers may call from.
    pub cors_origins: Vec<String>,
    /// Requests a minute, by class of route.
    pub rate_limits: RateLimits,
    /// How mail leaves.
    pub mail: MailSettings,
    /// How customers' accounts at other banks are reached; not at all when absent.
    pub open_banking: Option<OpenBankingSettings>,
}

/// Says which codes the bank holds in each country.
#[derive(Clone, Debug)]
pub struct BankCodes {
    /// GB: four letters of the IBAN's bank code.
    pub gb_bank: String,
    /// GB: sort code, six digits.
    pub gb_sort_code: String,
    /// DE: Bankleitzahl, eight digits.
    pub de_bank: String,
    /// AT: Bankleitzahl, five digits.
    pub at_bank: String,
    /// US: ABA routing number, nine digits.
    pub us_routing: String,
}

/// Holds the times of sign-in and sessions.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// How long an access token lives.
    pub access_token: Duration,
    /// A customer's session ends after this much idleness (PSD2 RTS Art. 4(3)(d): five minutes).
    pub customer_idle: Duration,
    /// A staff session ends after this much idleness.
    pub staff_idle: Duration,
    /// Every session ends after this.
    pub absolute: Duration,
    /// How many sessions a user may have at once; the oldest ends.
    pub most: u32,
}

/// Holds what hashing a password costs (argon2id, RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

/// Holds requests a minute for each class of route, per caller.
#[derive(Clone, Debug)]
pub struct RateLimits {
    /// Signing in, registering, resetting.
    pub sign_in: u32,
    /// Reads.
    pub read: u32,
    /// Writes.
    pub write: u32,
    /// Exports and other expensive work.
    pub expensive: u32,
    /// Linking accounts at other banks, and getting new tokens for them.
    pub bank_link: u32,
    /// Reading accounts at other banks.
    pub bank_data: u32,
}

/// Says how mail leaves.
#[derive(Clone, Debug)]
pub enum MailSettings {
    /// Each message becomes a file in this folder.
    Folder(std::path::PathBuf),
    /// Messages go to a server.
    Smtp {
        /// `smtps://user:password@host:port` or `smtp://…` with STARTTLS.
        url: Secret<String>,
        /// The sender's address.
        from: String,
    },
}

/// Says which banks TrueLayer reaches for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenBankingMode {
    /// Real ones.
    Production,
    /// Made-up ones: the vendor's sandbox, or the simulator.
    Sandbox,
}

/// Says how customers' accounts at other banks are reached.
#[derive(Clone, Debug)]
pub struct OpenBankingSettings {
    /// Real banks, or made-up ones.
    pub mode: OpenBankingMode,
    /// Where the service is.
    pub servers: truelayer::Environment,
    /// Who we are there.
    pub credentials: truelayer::ClientCredentials,
    /// Where users come back to; registered there to the letter.
    pub redirect_uri: url::Url,
    /// Where the service reports changes.
    pub webhook_url: Option<url::Url>,
    /// How what is reported about accounts is signed.
    pub webhook_scheme: WebhookScheme,
    /// Authenticate what it reports; each counts, so that they can be changed.
    pub webhook_secrets: Vec<Secret<String>>,
    /// Seal tokens; the first seals, all open. 32 bytes each.
    pub token_keys: Vec<Secret<Vec<u8>>>,
    /// Which banks are offered: filters (`uk-ob-all`) or single ones.
    pub providers: Vec<String>,
    /// Where new tokens lie while the database cannot take them, sealed; none keeps them in memory only.
    pub aside_directory: Option<std::path::PathBuf>,
    /// How many days after its consent was taken back what was read is kept.
    pub retention_days: u16,
    /// What payments from other banks need; none where they are not offered.
    pub payments: Option<PaymentSettings>,
}

impl OpenBankingSettings {
    /// Where the service says that an asynchronous read is done; none where it cannot reach us.
    pub fn task_url(&self) -> Option<url::Url> {
        let mut url = self.webhook_url.clone()?;
        url.path_segments_mut().ok()?.pop_if_empty().push("tasks");
        Some(url)
    }
}

/// Says how webhooks about accounts are signed: the operator says so, and no request does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookScheme {
    /// HMAC-SHA256 over the body, with a shared secret.
    #[default]
    Hmac,
    /// A detached JWS (ES512) by the service's published keys.
    TlSignature,
}

/// Holds what payments from other banks need.
#[derive(Clone, Debug)]
pub struct PaymentSettings {
    /// Signs what we ask for; the service knows its public half.
    pub signing_key: truelayer::signature::SigningKey,
    /// The bank's own accounts at the service, where payments arrive: one for each currency.
    pub merchant_accounts: Vec<(Currency, String)>,
    /// Where customers come back to from their bank.
    pub return_uri: url::Url,
}

impl PaymentSettings {
    /// Returns the account at the service where payments in a currency arrive.
    pub fn merchant_account(&self, currency: Currency) -> Option<&str> {
        self.merchant_accounts.iter().find(|(of, _)| *of == currency).map(|(_, id)| id.as_str())
    }
}

impl OpenBankingMode {
    /// Returns the name that is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "Production",
            Self::Sandbox => "Sandbox",
        }
    }

    /// Returns the banks that are offered unless the operator chooses.
    pub const fn usual_providers(self) -> &'static [&'static str] {
        match self {
            Self::Production => &["uk-ob-all", "de-xs2a-all", "at-xs2a-all"],
            Self::Sandbox => &["mock"],
        }
    }
}

impl Settings {
    /// Says whether nothing may be implied.
    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }

    /// Takes settings that are safe for development and tests, with the secrets given.
    pub fn development(mail: MailSettings) -> Self {
        Self {
            environment: Environment::Development,
            bank_name: "Florin Bank".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            business_timezone: chrono_tz::Europe::London,
            base_currency: Currency::GBP,
            bank_codes: BankCodes::sample(),
            jwt_secrets: Vec::new(),
            encryption_keys: Vec::new(),
            signing_key: Secret::new(Vec::new()),
            checkpoint_directory: None,
            sessions: SessionSettings::usual(),
            password_cost: PasswordCost::usual(),
            approval_threshold_minor: 100_000,
            step_up_threshold_minor: 25_000,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            rate_limits: RateLimits {
                sign_in: 30,
                read: 1200,
                write: 600,
                expensive: 30,
                bank_link: 10,
                bank_data: 60,
            },
            mail,
            open_banking: None,
        }
    }
}

impl BankCodes {
    /// Takes codes for a bank that does not exist, valid in form.
    pub fn sample() -> Self {
        Self {
            gb_bank: "FLRN".to_owned(),
            gb_sort_code: "040004".to_owned(),
            de_bank: "10019900".to_owned(),
            at_bank: "19990".to_owned(),
            us_routing: "091000019".to_owned(),
        }
    }
}

impl PasswordCost {
    /// Takes the usual cost: 19 MiB, two passes, one lane.
    pub const fn usual() -> Self {
        Self { memory_kib: 19 * 1024, iterations: 2, parallelism: 1 }
    }

    /// Takes the least that argon2 allows. For tests only.
    pub const fn cheap() -> Self {
        Self { memory_kib: 8, iterations: 1, parallelism: 1 }
    }
}

impl SessionSettings {
    /// Takes the usual times: 10 minutes, idle 5 and 15, 12 hours, five sessions.
    pub fn usual() -> Self {
        Self {
            access_token: Duration::minutes(10),
            customer_idle: Duration::minutes(5),
            staff_idle: Duration::minutes(15),
            absolute: Duration::hours(12),
            most: 5,
        }
    }
}
