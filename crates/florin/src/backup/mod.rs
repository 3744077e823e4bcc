//! `florin backup` and `florin restore`.
//!
//! A backup is a folder: the database as one file, the signed checkpoints as they were just before, and
//! `manifest.json`, which names the engine, the schema, the time and a checksum of every file. It is written
//! under another name and moved into place whole. Keys and configuration are not in it: without
//! `FLORIN_ENCRYPTION_KEYS` nobody reads the sealed values, so keep keys elsewhere.
//!
//! A restore first makes a second database from the backup and proves it there: checksums, schema, every
//! balance and every seal against the checkpoints that the backup brought. Only then it takes the place of
//! the configured one, which is kept aside under a new name. Nobody may be connected meanwhile.

mod checksum;
mod manifest;
mod postgres;
mod restore;
mod sqlite;
mod take;

use std::path::PathBuf;

pub(crate) use postgres::find as find_program;
pub(crate) use restore::run as restore;
pub(crate) use take::run as take;

/// Holds the arguments of `backup`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BackupArguments {
    /// The folder to make; it must not exist.
    pub(crate) folder: PathBuf,
}

/// Holds the arguments of `restore`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RestoreArguments {
    /// The folder that `florin backup` made.
    pub(crate) folder: PathBuf,
    /// Put the restored database in the place of one that holds data; that one is kept aside.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Prove the backup and stop there.
    #[arg(long, conflicts_with = "replace")]
    pub(crate) verify_only: bool,
}
