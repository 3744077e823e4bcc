//! From a configuration to a bank.

use std::sync::Arc;

use anyhow::Context as _;
use bank::{Bank, accounts, openbanking, oversight};
use database::Database;
use kernel::{Clock, Random};

use crate::config::Config;
use crate::say::complain;

/// Says whether the schema is brought up to date on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schema {
    /// Missing migrations are applied.
    Migrate,
    /// Missing migrations refuse the start.
    Expect,
    /// The schema is not looked at.
    Ignore,
}

impl Schema {
    /// Returns what a command does that may be the first on a database: `FLORIN_MIGRATE=false` leaves it alone.
    pub(crate) fn usual(config: &Config) -> Self {
        if config.migrate_at_start { Self::Migrate } else { Self::Expect }
    }
}

/// Makes the folders and development's secrets, and opens the database.
///
/// # Errors
/// What could not be opened, with its path; never with a URL or a secret.
pub(crate) async fn open(config: &mut Config, schema: Schema) -> anyhow::Result<Bank> {
    open_by(Clock::system(), config, schema).await
}

/// Opens a bank like [`open`], by a clock that others go by too.
///
/// # Errors
/// As [`open`].
pub(crate) async fn open_by(clock: Clock, config: &mut Config, schema: Schema) -> anyhow::Result<Bank> {
    complete(config)?;
    let random = Random::system();
    let db = Database::connect(&config.database).await.context("the database cannot be opened")?;
    bring_up(&db, schema).await?;
    let bank = Bank::new(db, clock, random, Arc::new(config.settings.clone()))?;
    if schema != Schema::Ignore {
        oversight::apply_clock(&bank).await.context("the sandbox's clock cannot be read")?;
        openbanking::service::check_keys(&bank).await?;
    }
    if schema == Schema::Migrate {
        open_books(&bank).await?;
    }
    Ok(bank)
}

/// Makes the folders and development's secrets, and says for what they stand in; what is there stays.
///
/// # Errors
/// The file system's, with the path.
pub(crate) fn complete(config: &mut Config) -> anyhow::Result<()> {
    let generated = config.complete(&Random::system())?;
    if !generated.is_empty() {
        let folder = config.data_directory.join("secrets");
        let names = generated.join(", ");
        complain(format_args!("development: secrets kept in {} stand in for {names}", folder.display()));
    }
    Ok(())
}

/// Opens the bank's own accounts in every currency that a product is offered in; those there stay.
///
/// # Errors
/// The database's.
pub(crate) async fn open_books(bank: &Bank) -> anyhow::Result<()> {
    accounts::service::offer_currencies(bank).await.context("the bank's own accounts cannot be opened")
}

async fn bring_up(db: &Database, schema: Schema) -> anyhow::Result<()> {
    match schema {
        Schema::Migrate => db.migrate().await.context("the schema cannot be brought up to date"),
        Schema::Expect => {
            let pending = db.pending_migrations().await.context("the schema cannot be read")?;
            anyhow::ensure!(
                pending.is_empty(),
                "the schema lacks {} migrations: run florin migrate",
                pending.len()
            );
            Ok(())
        }
        Schema::Ignore => Ok(()),
    }
}
