//! `florin evidence`: proof for people who have neither the database nor a reason to trust it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use bank::Bank;
use bank::audit::AuditLog;
use kernel::{AuditId, TransferId};
use ledger::seal::{Checkpoint, Growth, Inclusion, Journal, VerifyingKey, growth, inclusion};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::say::say;
use crate::start::{self, Schema};

/// Says what is to be shown, or checked.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show that a transfer or an audit row stood in its chain when the newest checkpoint was signed.
    Inclusion {
        /// The row: trf_… or aud_….
        id: String,
    },
    /// Show that a chain grew from an earlier checkpoint to the newest, and that nothing before changed.
    Growth {
        /// The chain.
        chain: Chain,
        /// The earlier checkpoint's `seal_number`.
        #[arg(long, value_name = "NUMBER")]
        since: i64,
    },
    /// Check what one of the others printed. Needs no database.
    Check {
        /// What was printed.
        file: PathBuf,
        /// The bank's public key in hexadecimal, got another way than the file.
        #[arg(long)]
        key: VerifyingKey,
        /// For growth: the earlier checkpoint, as its one line of JSON.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
}

/// Names a chain.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Chain {
    /// The ledger's transfers.
    Journal,
    /// The audit log.
    Audit,
}

/// Is what the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Evidence {
    Inclusion(Inclusion),
    Growth(Growth),
}

/// Prints evidence from the database.
///
/// # Errors
/// The database's; a row or a chain that no checkpoint covers yet.
pub(crate) async fn show(mut config: Config, command: Command) -> anyhow::Result<()> {
    let bank = start::open(&mut config, Schema::Expect).await?;
    let evidence = match command {
        Command::Inclusion { id } => included(&bank, &id).await?.map(Evidence::Inclusion),
        Command::Growth { chain, since } => grown(&bank, chain, since).await?.map(Evidence::Growth),
        Command::Check { .. } => unreachable!("needs no database"),
    };
    bank.db.close().await;
    let evidence = evidence.context("no signed checkpoint covers it yet, or there is no such row")?;
    say(serde_json::to_string_pretty(&evidence)?);
    Ok(())
}

async fn included(bank: &Bank, id: &str) -> anyhow::Result<Option<Inclusion>> {
    let snapshot = bank.db.snapshot().await?;
    let found = if let Ok(id) = id.parse::<TransferId>() {
        inclusion::<Journal>(&snapshot, id.uuid()).await?
    } else if let Ok(id) = id.parse::<AuditId>() {
        inclusion::<AuditLog>(&snapshot, id.uuid()).await?
    } else {
        bail!("{id} is the id of neither a transfer nor an audit row");
    };
    snapshot.commit().await?;
    Ok(found)
}

async fn grown(bank: &Bank, chain: Chain, since: i64) -> anyhow::Result<Option<Growth>> {
    let snapshot = bank.db.snapshot().await?;
    let found = match chain {
        Chain::Journal => growth::<Journal>(&snapshot, since).await?,
        Chain::Audit => growth::<AuditLog>(&snapshot, since).await?,
    };
    snapshot.commit().await?;
    Ok(found)
}

/// Checks evidence from a file and says what it shows.
///
/// # Errors
/// What is wrong with the evidence, or with a file.
pub(crate) fn check(file: &Path, key: VerifyingKey, held: Option<&Path>) -> anyhow::Result<()> {
    let (signed, shown) = match read(file)? {
        Evidence::Inclusion(inclusion) => {
            inclusion.verify(&[key]).context("this shows nothing")?;
            let shown = format!("{} is at position {}", row_id(&inclusion)?, inclusion.position);
            (inclusion.checkpoint, shown)
        }
        Evidence::Growth(growth) => {
            let held = held.context("give the checkpoint that you hold with --checkpoint")?;
            let older: Checkpoint = read(held)?;
            growth.verify(&older, &[key]).context("this shows nothing")?;
            (growth.checkpoint, format!("everything up to position {} is unchanged", older.through_position))
        }
    };
    say(format_args!("{shown}: the {} signed at {} holds it", signed.chain, signed.signed_at));
    Ok(())
}

fn row_id(inclusion: &Inclusion) -> anyhow::Result<String> {
    let id = inclusion.id().context("the row has no id")?;
    Ok(match inclusion.checkpoint.chain.as_str() {
        "audit" => AuditId::from_uuid(id).to_string(),
        _ => TransferId::from_uuid(id).to_string(),
    })
}

fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    ensure!(text.len() < 1 << 30, "{} is too long", path.display());
    serde_json::from_slice(&text).with_context(|| format!("{} is no evidence", path.display()))
}
