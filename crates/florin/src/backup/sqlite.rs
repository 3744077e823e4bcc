//! Backups of the embedded engine: one file.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use bank::Bank;
use database::{Database, copies};

use super::restore::Staged;
use crate::config::Config;

/// Copies the database into the folder while others write; returns the file's name.
pub(super) async fn copy(bank: &Bank, folder: &Path) -> anyhow::Result<&'static str> {
    let name = "florin.db";
    bank.db.copy_to(&folder.join(name)).await.context("the database cannot be copied")?;
    Ok(name)
}

/// Puts the copy beside the configured file, and opens it.
pub(super) async fn stage(config: &Config, copy: &Path) -> anyhow::Result<Staged> {
    let target = copies::sqlite_file(config.database.url.expose());
    let file = target.with_extension("restoring");
    remove(&file)?;
    fs::copy(copy, &file).with_context(|| format!("{} cannot be written", file.display()))?;
    File::open(&file)?.sync_all()?;
    let mut options = config.database.clone();
    options.url = format!("sqlite:{}", file.display()).into();
    let db = Database::connect(&options).await.context("the copy cannot be opened")?;
    let damage = db.damage().await.context("the copy is damaged")?;
    ensure!(damage.is_none(), "the copy is damaged: {}", damage.unwrap_or_default());
    Ok(Staged { db, place: file.display().to_string() })
}

/// Says whether the configured file holds data.
pub(super) async fn holds_data(config: &Config) -> anyhow::Result<bool> {
    let target = copies::sqlite_file(config.database.url.expose());
    if !target.exists() {
        return Ok(false);
    }
    let db = Database::connect(&config.database).await?;
    let holds = !db.applied_migrations().await?.is_empty();
    db.close().await;
    Ok(holds)
}

/// Moves the proved copy into the place of the configured file; returns where that one went.
pub(super) async fn swap(config: &Config, staged: Staged, aside: &str) -> anyhow::Result<Option<String>> {
    let file = PathBuf::from(&staged.place);
    staged.db.fold().await.context("the copy cannot be closed")?;
    let target = copies::sqlite_file(config.database.url.expose());
    let mut kept = None;
    if target.exists() {
        let current = Database::connect(&config.database).await?;
        current.fold().await.context("the database is in use: stop Florin first")?;
        let old = target.with_extension(aside);
        fs::rename(&target, &old)?;
        kept = Some(old.display().to_string());
    }
    fs::rename(&file, &target)?;
    if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        File::open(parent)?.sync_all()?;
    }
    Ok(kept)
}

/// Removes a copy that did not pass, with its log.
pub(super) fn remove(file: &Path) -> anyhow::Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
