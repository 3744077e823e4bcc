//! Configuration: environment and `.env`, parsed once into one struct.
//!
//! [`GROUPS`] is the one table: what a variable is called, what it means, its default, whether it is a
//! secret, whether production must name it, and how its text becomes a field of [`Config`]. `.env.example`,
//! `florin config check` and the start-up check are all made from it.
//!
//! [`read`] reports every fault at once. A fault is a name and a sentence written here: no value of the
//! operator's can get into it, because the sentences are `&'static str`.

mod dotenv;
mod example;
mod fault;
mod parse;
mod postgres_url;
mod rules;
mod secrets;
mod source;
mod state;
mod truelayer;
mod variables;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bank::Settings;
use bank::settings::{BankCodes, MailSettings};
use kernel::Secret;

pub(crate) use example::example;
pub(crate) use fault::{Fault, Faults};
pub(crate) use postgres_url::PostgresUrl;
pub(crate) use source::Source;
pub(crate) use state::states;
pub(crate) use truelayer::{Simulated, TrueLayer};
pub(crate) use variables::{GROUPS, Variable, variables};

/// Holds everything that the operator chose.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// What the bank reads.
    pub(crate) settings: Settings,
    /// Where the database is and how it is used.
    pub(crate) database: database::Options,
    /// Where customers' requests arrive.
    pub(crate) address: SocketAddr,
    /// Where `/metrics` is served; apart, because it is not for customers.
    pub(crate) metrics_address: SocketAddr,
    /// What is kept outside the database lies below this folder.
    pub(crate) data_directory: PathBuf,
    /// The certificate chain and the key of the listener, as PEM files.
    pub(crate) tls_certificate: Option<PathBuf>,
    /// See `tls_certificate`.
    pub(crate) tls_key: Option<PathBuf>,
    /// Where mail leaves.
    pub(crate) smtp_url: Option<Secret<String>>,
    /// The sender of mail.
    pub(crate) mail_from: Option<String>,
    /// The most connections that are open at once.
    pub(crate) http_connections: usize,
    /// How long requests in flight may take once the program was told to stop.
    pub(crate) drain: Duration,
    /// Which events are logged.
    pub(crate) log_filter: String,
    /// How they are written; by environment when absent.
    pub(crate) log_format: Option<LogFormat>,
    /// Where traces go, in a build with the feature `otel`.
    pub(crate) otlp_endpoint: Option<String>,
    /// How TrueLayer is reached, as it was given.
    pub(crate) truelayer: TrueLayer,
    /// Whether `serve` brings the schema up to date.
    pub(crate) migrate_at_start: bool,
}

/// Says how log events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For eyes.
    Human,
    /// For machines: one JSON object a line.
    Json,
}

/// Parses the configuration, with all its faults at once.
///
/// # Errors
/// [`Faults`]: texts that do not fit, and what production refuses.
pub(crate) fn read(source: &Source) -> Result<Config, Faults> {
    let mut config = blank();
    let mut faults: Vec<Fault> = source.faults().to_vec();
    for variable in variables() {
        let Some(text) = source.get(variable.name).or(variable.default) else { continue };
        if let Err(what) = (variable.set)(&mut config, text) {
            faults.push(Fault::new(variable.name, what));
        }
    }
    imply(&mut config, source);
    faults.extend(rules::faults(&config, source));
    if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
}

impl Config {
    /// Returns where signed checkpoints lie.
    pub(crate) fn checkpoints(&self) -> PathBuf {
        let usual = || self.data_directory.join("checkpoints");
        self.settings.checkpoint_directory.clone().unwrap_or_else(usual)
    }

    /// Returns the certificate chain and the key, when the program speaks TLS itself.
    pub(crate) fn tls(&self) -> Option<(PathBuf, PathBuf)> {
        self.tls_certificate.clone().zip(self.tls_key.clone())
    }

    /// Says how log events are written: as chosen, else for machines in production.
    pub(crate) fn log_format(&self) -> LogFormat {
        let usual = if self.settings.is_production() { LogFormat::Json } else { LogFormat::Human };
        self.log_format.unwrap_or(usual)
    }

    /// Makes the folders that the program writes to and, in development, the secrets that were not given;
    /// returns the names of the variables for which a generated secret stands in.
    ///
    /// # Errors
    /// The file system's, with the path.
    pub(crate) fn complete(&mut self, random: &kernel::Random) -> anyhow::Result<Vec<&'static str>> {
        secrets::complete(self, random)
    }
}

/// Takes the values that the table's defaults then overwrite.
fn blank() -> Config {
    let mut settings = Settings::development(MailSettings::Folder(PathBuf::new()));
    settings.bank_codes = BankCodes {
        gb_bank: String::new(),
        gb_sort_code: String::new(),
        de_bank: String::new(),
        at_bank: String::new(),
        us_routing: String::new(),
    };
    Config {
        settings,
        database: database::Options::new(""),
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        metrics_address: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_directory: PathBuf::new(),
        tls_certificate: None,
        tls_key: None,
        smtp_url: None,
        mail_from: None,
        http_connections: 0,
        drain: Duration::ZERO,
        log_filter: String::new(),
        log_format: None,
        otlp_endpoint: None,
        truelayer: TrueLayer::default(),
        migrate_at_start: true,
    }
}

/// Fills in what follows from other variables.
fn imply(config: &mut Config, source: &Source) {
    if source.get("DATABASE_URL").is_none() {
        let file = config.data_directory.join("florin.db");
        config.database.url = Secret::new(format!("sqlite:{}", file.display()));
    }
    if !config.settings.is_production() {
        let given = std::mem::replace(&mut config.settings.bank_codes, BankCodes::sample());
        let codes = &mut config.settings.bank_codes;
        for (code, given) in [
            (&mut codes.gb_bank, given.gb_bank),
            (&mut codes.gb_sort_code, given.gb_sort_code),
            (&mut codes.de_bank, given.de_bank),
            (&mut codes.at_bank, given.at_bank),
            (&mut codes.us_routing, given.us_routing),
        ] {
            if !given.is_empty() {
                *code = given;
            }
        }
    }
    if source.get("FLORIN_PUBLIC_URL").is_none() {
        let scheme = if config.tls().is_some() { "https" } else { "http" };
        config.settings.public_url = format!("{scheme}://{}", config.address);
    }
    config.truelayer.is_on = source.has_any("TRUELAYER_");
    config.settings.open_banking = truelayer::open_banking(config);
    config.settings.checkpoint_directory = Some(config.checkpoints());
    config.settings.mail = match (&config.smtp_url, &config.mail_from) {
        (Some(url), Some(from)) => MailSettings::Smtp { url: url.clone(), from: from.clone() },
        _ => MailSettings::Folder(config.data_directory.join("mail")),
    };
}
