//! Restoring a backup: prove it beside, then put it in place.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use bank::Bank;
use database::{Database, Engine, copies};
use kernel::{Clock, Random};

use super::manifest::Manifest;
use super::take::CHECKPOINTS;
use super::{RestoreArguments, postgres, sqlite};
use crate::config::{Config, PostgresUrl};
use crate::proof;
use crate::say::say;

/// Holds a database made from a backup, beside the configured one.
pub(super) struct Staged {
    /// The database.
    pub(super) db: Database,
    /// Its file, or its name on the server.
    pub(super) place: String,
}

/// Proves the backup and, unless it was only to be proved, replaces the configured database with it.
///
/// # Errors
/// What the proof found, or that the configured database holds data or is in use; it is untouched then.
pub(crate) async fn run(mut config: Config, arguments: RestoreArguments) -> anyhow::Result<()> {
    let begun = Instant::now();
    config.complete(&Random::system())?;
    let manifest = Manifest::read(&arguments.folder)?;
    judge(&config, &manifest)?;
    say(format_args!("checksums of {} files agree; taken at {}", manifest.files.len(), manifest.taken_at));
    let copy = arguments.folder.join(manifest.database());
    if !arguments.verify_only && !arguments.replace && holds_data(&config).await? {
        bail!(
            "the configured database holds data: stop Florin, then restore with --replace (it is kept aside)"
        );
    }
    let staged = stage(&config, &copy).await?;
    let proved = prove(&config, &manifest, &staged, &arguments.folder).await;
    if proved.is_err() || arguments.verify_only {
        discard(&config, staged).await?;
        proved?;
        say(format_args!("the backup is good ({:.1} s)", begun.elapsed().as_secs_f32()));
        return Ok(());
    }
    let aside = format!("before-{}", Clock::system().now().format("%Y%m%d%H%M%S"));
    let kept = match engine(&config) {
        Engine::Sqlite => sqlite::swap(&config, staged, &aside).await?,
        Engine::Postgres => postgres::swap(&config, staged, &aside).await?,
    };
    if let Some(kept) = kept {
        say(format_args!("the database that was there is kept as {kept}"));
    }
    say(format_args!(
        "restored in {:.1} s; what came after {} is not in it",
        begun.elapsed().as_secs_f32(),
        manifest.taken_at
    ));
    Ok(())
}

fn engine(config: &Config) -> Engine {
    if PostgresUrl::parse(config.database.url.expose()).is_some() { Engine::Postgres } else { Engine::Sqlite }
}

/// Refuses what this program and this database cannot take.
fn judge(config: &Config, manifest: &Manifest) -> anyhow::Result<()> {
    let ours = if engine(config) == Engine::Postgres { "postgres" } else { "sqlite" };
    ensure!(manifest.engine == ours, "the backup is of {}, DATABASE_URL names {ours}", manifest.engine);
    let known: Vec<&str> = copies::known_migrations().collect();
    let foreign = manifest.schema.iter().find(|name| !known.contains(&name.as_str()));
    if let Some(name) = foreign {
        bail!(
            "the backup's schema has {name}, which this version does not know: restore with a newer Florin"
        );
    }
    ensure!(!manifest.schema.is_empty(), "the backup has no schema");
    Ok(())
}

async fn holds_data(config: &Config) -> anyhow::Result<bool> {
    match engine(config) {
        Engine::Sqlite => sqlite::holds_data(config).await,
        Engine::Postgres => postgres::holds_data(config).await,
    }
}

async fn stage(config: &Config, copy: &Path) -> anyhow::Result<Staged> {
    match engine(config) {
        Engine::Sqlite => sqlite::stage(config, copy).await,
        Engine::Postgres => postgres::stage(config, copy).await,
    }
}

async fn discard(config: &Config, staged: Staged) -> anyhow::Result<()> {
    staged.db.close().await;
    match engine(config) {
        Engine::Sqlite => sqlite::remove(&PathBuf::from(&staged.place)),
        Engine::Postgres => postgres::remove(config, &staged.place).await,
    }
}

/// Holds the copy against its manifest, brings its schema up to date, and proves ledger and audit log.
async fn prove(config: &Config, manifest: &Manifest, staged: &Staged, folder: &Path) -> anyhow::Result<()> {
    let schema = staged.db.applied_migrations().await?;
    ensure!(schema == manifest.schema, "the copy's schema is not the one in its manifest");
    staged.db.migrate().await.context("the copy's schema cannot be brought up to date")?;
    let settings = Arc::new(config.settings.clone());
    let bank = Bank::new(staged.db.clone(), Clock::system(), Random::system(), settings)?;
    let checkpoints = folder.join(CHECKPOINTS);
    proof::prove(&bank, checkpoints.is_dir().then_some(checkpoints)).await
}
