//! What a backup says about itself.

use std::fs;
use std::path::{Component, Path};

use anyhow::{Context as _, bail, ensure};
use kernel::Instant;
use serde::{Deserialize, Serialize};

use super::checksum;

/// The file's name in the folder.
const NAME: &str = "manifest.json";
/// The only form that there is so far.
const FORMAT: u32 = 1;

/// Describes a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The form of this file and of the folder.
    pub(super) format: u32,
    /// The program's version.
    pub(super) florin: String,
    /// When the copy was begun: everything acknowledged before is in it.
    pub(super) taken_at: Instant,
    /// `sqlite` or `postgres`.
    pub(super) engine: String,
    /// The migrations of the copy, oldest first.
    pub(super) schema: Vec<String>,
    /// Every file of the folder but this one; the first is the database.
    pub(super) files: Vec<BackupFile>,
}

/// Describes one file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BackupFile {
    /// Its path in the folder.
    pub(super) name: String,
    /// How long it is.
    pub(super) bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub(super) sha256: String,
}

impl BackupFile {
    /// Describes a file that stands in the folder.
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn of(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let (bytes, sha256) =
            checksum::of_file(&folder.join(name)).with_context(|| format!("{name} cannot be read"))?;
        Ok(Self { name: name.to_owned(), bytes, sha256 })
    }
}

impl Manifest {
    /// Describes a copy of this program's making.
    pub(super) fn new(taken_at: Instant, engine: &str, schema: Vec<String>, files: Vec<BackupFile>) -> Self {
        let florin = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, florin, taken_at, engine: engine.to_owned(), schema, files }
    }

    /// Writes the manifest, as the last file of a backup.
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(folder.join(NAME), text).with_context(|| format!("{NAME} cannot be written"))
    }

    /// Reads the manifest and holds every file against it.
    ///
    /// # Errors
    /// What is missing, changed or of another form.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let text =
            fs::read(folder.join(NAME)).with_context(|| format!("{} holds no backup", folder.display()))?;
        let manifest: Self = serde_json::from_slice(&text).context("the manifest cannot be read")?;
        ensure!(manifest.format == FORMAT, "the backup has the form {}, not {FORMAT}", manifest.format);
        ensure!(!manifest.files.is_empty(), "the manifest names no file");
        for file in &manifest.files {
            let inside = Path::new(&file.name).components().all(|part| matches!(part, Component::Normal(_)));
            ensure!(inside, "the manifest names a file outside the backup");
            let found = BackupFile::of(folder, &file.name)?;
            if found != *file {
                bail!("{} is not the file that was backed up: its checksum differs", file.name);
            }
        }
        Ok(manifest)
    }

    /// Returns the database's file.
    pub(super) fn database(&self) -> &str {
        &self.files[0].name
    }
}
