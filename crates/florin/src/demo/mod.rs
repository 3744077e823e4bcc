//! `florin demo`: a bank with lifelike data, in one command.
//!
//! The first start makes the schema and fills it: customers, their accounts and a year of transactions that ends
//! yesterday, from a fixed seed, through the same services that the API calls, with the clock moved back. A
//! second start finds the data and serves it. Everybody signs in with [`sample::PASSWORD`].

mod credentials;
mod fill;
mod links;
mod people;
mod sample;
mod work;
mod year;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bank::Bank;
use bank::settings::MailSettings;
use kernel::{Clock, Secret};

use crate::config::Config;
use crate::say::say;
use crate::serve::{self, Server};
use crate::simulation;
use crate::start::{self, Schema};

use credentials::Credentials;
use sample::Filling;

/// Holds the arguments of `demo`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Use a throw-away database that goes with the process.
    #[arg(long)]
    pub(crate) memory: bool,
    /// Write addresses, sample sign-ins and account ids to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials_file: Option<PathBuf>,
    /// Print what this member of staff's authenticator shows at this moment, and do nothing else.
    #[arg(long, value_name = "EMAIL")]
    pub(crate) code: Option<String>,
    /// How many customers the bank gets when it is filled.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u16).range(2..=600))]
    pub(crate) customers: u16,
}

/// Fills the bank when it is empty, and serves it.
pub(crate) async fn run(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
    anyhow::ensure!(!config.settings.is_production(), "demo data has no place in production");
    if let Some(email) = &arguments.code {
        say(sample::code(email, Clock::system().now())?.expose());
        return Ok(());
    }
    let scratch = arguments.memory.then(Scratch::make).transpose()?;
    if let Some(scratch) = &scratch {
        scratch.take_place(&mut config);
    }
    config.simulate_unless_chosen();
    let schema = Schema::usual(&config);
    let clock = Clock::system();
    let simulator = simulation::start(&mut config, &clock).await?;
    let bank = start::open_by(clock, &mut config, schema).await?;
    match sample::filling(&bank).await? {
        Filling::Whole => {}
        Filling::Empty => {
            let made = fill::fill(&bank, usize::from(arguments.customers)).await;
            made.context("the sample data cannot be made")?;
        }
        Filling::Unfinished => anyhow::bail!(
            "this database holds users but not the whole sample data: an earlier start was interrupted, or it is \
             no demo; give the demo an empty database (remove FLORIN_DATA_DIR, or change DATABASE_URL)"
        ),
    }
    if let Some(simulator) = &simulator {
        links::link(&bank, simulator).await?;
        links::report(&bank).await?;
    }
    let server = Server::bind(&config).await?;
    let credentials = credentials::read(&bank, &server.url(), &server.metrics_url()).await?;
    if let Some(file) = &arguments.credentials_file {
        write_private(file, &credentials.to_json()?)?;
    }
    greet(&credentials);
    let signal = server.announce(&config)?;
    server.run(&config, bank, signal).await?;
    serve::stop(simulator).await;
    Ok(())
}

/// Says who can sign in, and what to try.
fn greet(credentials: &Credentials) {
    say(format_args!("\nSample sign-ins (password: {}):", sample::PASSWORD));
    for sign_in in credentials.shown() {
        say(format_args!("  {:<11} {:<42} {}", sign_in.role, sign_in.email, sign_in.second_factor()));
    }
    say(format_args!(
        "\nThe console is on {}/admin. Staff needs a second factor: `florin demo --code {}` tells the code of the moment.",
        credentials.addresses.api,
        sample::STAFF[1].email
    ));
    say(format_args!(
        "Customers link their accounts at other banks on {}/my, without a second factor: the mock bank lets `john` in with `doe`.",
        credentials.addresses.api
    ));
    say("\nTry:");
    for line in credentials.curl_lines() {
        say(format_args!("  {line}"));
    }
    say(format_args!(
        "\nThe API describes itself on {}/docs. Serving until Ctrl-C.\n",
        credentials.addresses.api
    ));
}

/// Writes a file that nobody else may read.
fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let file = options.create(true).truncate(true).write(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

/// Holds a folder that goes with the process.
struct Scratch(PathBuf);

impl Scratch {
    fn make() -> anyhow::Result<Self> {
        let name: [u8; 8] = kernel::Random::system().bytes();
        let folder = std::env::temp_dir().join(format!("florin-demo-{:016x}", u64::from_be_bytes(name)));
        std::fs::create_dir(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self(folder))
    }

    /// Puts data, database, checkpoints and mail there.
    fn take_place(&self, config: &mut Config) {
        config.data_directory.clone_from(&self.0);
        let file = self.0.join("florin.db");
        config.database.url = Secret::new(format!("sqlite:{}", file.display()));
        config.database.durable = false;
        // The checkpoints of a bank that goes away would accuse the one whose folder they lay in.
        config.settings.checkpoint_directory = Some(self.0.join("checkpoints"));
        if let MailSettings::Folder(folder) = &mut config.settings.mail {
            *folder = self.0.join("mail");
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Opens the same bank at another time and with repeatable chance.
fn at_another_time(bank: &Bank, clock: Clock) -> anyhow::Result<Bank> {
    Ok(Bank::new(bank.db.clone(), clock, kernel::Random::seeded(sample::SEED), bank.settings.clone())?)
}
