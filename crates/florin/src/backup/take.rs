//! Taking a backup.

use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use bank::Bank;
use database::Engine;

use super::manifest::{BackupFile, Manifest};
use super::{BackupArguments, postgres, sqlite};
use crate::config::Config;
use crate::say::say;
use crate::start::{self, Schema};

/// The folder of checkpoints within a backup.
pub(super) const CHECKPOINTS: &str = "checkpoints";

/// Writes a backup of the configured database into a new folder.
///
/// # Errors
/// What could not be written; the half-made folder is removed.
pub(crate) async fn run(mut config: Config, arguments: BackupArguments) -> anyhow::Result<()> {
    let folder = arguments.folder;
    ensure!(!folder.exists(), "{} exists already", folder.display());
    let bank = start::open(&mut config, Schema::Expect).await?;
    let name = folder.file_name().context("the folder needs a name")?.to_owned();
    let half = folder.with_file_name(format!(".{}.half", name.to_string_lossy()));
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&half)
        .with_context(|| format!("{} cannot be made", half.display()))?;
    let taken = take(&config, &bank, &half).await;
    let manifest = match taken {
        Ok(manifest) => manifest,
        Err(error) => {
            fs::remove_dir_all(&half).ok();
            return Err(error);
        }
    };
    fs::rename(&half, &folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        File::open(parent)?.sync_all()?;
    }
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    say(format_args!("backed up {} files, {bytes} bytes, to {}", manifest.files.len(), folder.display()));
    say("keys and configuration are not in it: keep FLORIN_ENCRYPTION_KEYS and FLORIN_SIGNING_KEY elsewhere");
    bank.db.close().await;
    Ok(())
}

async fn take(config: &Config, bank: &Bank, folder: &Path) -> anyhow::Result<Manifest> {
    let taken_at = bank.now();
    let schema = bank.db.applied_migrations().await?;
    // Before the database: a checkpoint may prove less than the copy holds, never more.
    let checkpoints = copy_checkpoints(&config.checkpoints(), folder)?;
    let (engine, name) = match bank.db.engine() {
        Engine::Sqlite => ("sqlite", sqlite::copy(bank, folder).await?),
        Engine::Postgres => ("postgres", postgres::dump(config, folder)?),
    };
    let mut files = Vec::new();
    for name in std::iter::once(name.to_owned()).chain(checkpoints) {
        File::open(folder.join(&name))?.sync_all()?;
        files.push(BackupFile::of(folder, &name)?);
    }
    let manifest = Manifest::new(taken_at, engine, schema, files);
    manifest.write(folder)?;
    File::open(folder)?.sync_all()?;
    Ok(manifest)
}

/// Copies the signed checkpoints; there may be none yet.
fn copy_checkpoints(from: &Path, folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    if !from.is_dir() {
        return Ok(names);
    }
    fs::create_dir(folder.join(CHECKPOINTS))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let name = format!("{CHECKPOINTS}/{}", entry.file_name().to_string_lossy());
            fs::copy(entry.path(), folder.join(&name)).with_context(|| format!("{name} cannot be copied"))?;
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
