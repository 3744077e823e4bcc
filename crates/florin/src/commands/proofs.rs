//! `florin ledger verify`, `florin ledger export` and `florin audit verify`.

use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use bank::Bank;
use indicatif::ProgressBar;
use tokio::io::AsyncWriteExt as _;

use crate::config::Config;
use crate::proof;
use crate::say::complain;
use crate::start::{self, Schema};

/// Says what to do with the ledger.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Ledger {
    /// Recompute every balance from the entries, and hold seals against checkpoints.
    Verify(Checkpoints),
    /// Write all movements as plain-text accounting, which hledger reads and balances.
    Export {
        /// The file to write; the standard output when absent.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Says what to do with the audit log.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Audit {
    /// Find any row that was edited, removed, slipped in or reordered, a cut tail, or a rewritten chain.
    Verify(Checkpoints),
}

/// Says which checkpoints count.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Checkpoints {
    /// The folder of signed checkpoints, when it is not FLORIN_CHECKPOINT_DIR.
    #[arg(long, value_name = "FOLDER")]
    checkpoints: Option<PathBuf>,
}

impl Checkpoints {
    /// Returns the folder, unless nothing was ever written there.
    fn folder(self, config: &Config) -> Option<PathBuf> {
        let usual = || Some(config.checkpoints()).filter(|folder| folder.is_dir());
        self.checkpoints.or_else(usual)
    }
}

/// Proves the ledger; fails when it is wrong.
pub(crate) async fn run_ledger(mut config: Config, command: Ledger) -> anyhow::Result<ExitCode> {
    let bank = start::open(&mut config, Schema::Expect).await?;
    let passed = match command {
        Ledger::Verify(checkpoints) => proof::ledger(&bank, checkpoints.folder(&config)).await?,
        Ledger::Export { output } => {
            export(&bank, output).await?;
            true
        }
    };
    bank.db.close().await;
    Ok(verdict(passed))
}

async fn export(bank: &Bank, output: Option<PathBuf>) -> anyhow::Result<()> {
    let bar = ProgressBar::new_spinner();
    let mut progress = |exported: ledger::export::Exported| bar.set_position(exported.transfers);
    let file = match &output {
        Some(path) => {
            std::fs::File::create(path).with_context(|| format!("{} cannot be written", path.display()))?
        }
        None => std::fs::File::from(std::io::stdout().as_fd().try_clone_to_owned()?),
    };
    let mut file = tokio::io::BufWriter::new(tokio::fs::File::from_std(file));
    let exported = ledger::export::export(&bank.db, &mut file, &mut progress).await?;
    file.flush().await?;
    bar.finish_and_clear();
    complain(format_args!("exported {} accounts and {} movements", exported.accounts, exported.transfers));
    Ok(())
}

/// Proves the audit log; fails when it was touched.
pub(crate) async fn run_audit(mut config: Config, command: Audit) -> anyhow::Result<ExitCode> {
    let Audit::Verify(checkpoints) = command;
    let bank = start::open(&mut config, Schema::Expect).await?;
    let passed = proof::audit(&bank, checkpoints.folder(&config)).await?;
    bank.db.close().await;
    Ok(verdict(passed))
}

fn verdict(passed: bool) -> ExitCode {
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
