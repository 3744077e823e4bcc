//! `florin import`: accounts and transactions of another system, from two files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use bank::imports::{self, Batch, Fault, ImportError};
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Config;
use crate::say::{complain, say};
use crate::start::{self, Schema};

/// How many wrong lines are shown; the rest are counted.
const SHOWN_FAULTS: usize = 100;

/// Holds the arguments of `import`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The accounts: account, product, owner.
    #[arg(long, value_name = "FILE")]
    pub(crate) accounts: PathBuf,
    /// The transactions: account, date, direction, amount, currency, kind, counterparty, reference, `external_id`.
    #[arg(long, value_name = "FILE")]
    pub(crate) transactions: PathBuf,
}

/// Validates both files, then books them; the same files again book nothing twice.
pub(crate) async fn run(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let batch = match imports::read(open(&arguments.accounts)?, open(&arguments.transactions)?) {
        Ok(batch) => batch,
        Err(faults) => return refuse(&faults),
    };
    let schema = Schema::usual(&config);
    let bank = start::open(&mut config, schema).await?;
    let bar = bar(&batch);
    let begun = Instant::now();
    let done = imports::service::run(&bank, &batch, |progress| {
        let steps = progress.accounts_opened + progress.accounts_known + progress.booked + progress.known;
        bar.set_position(steps as u64);
    });
    let done = done.await;
    bar.finish_and_clear();
    bank.ledger.stop().await;
    match done {
        Err(ImportError::Faults(faults)) => refuse(&faults),
        Err(error) => Err(error).context("the import stopped; the same command goes on"),
        Ok(progress) => {
            // The books are quick to read once their days are summed.
            bank.ledger.seal(bank.now()).await.context("what was booked is not sealed yet")?;
            let milliseconds = begun.elapsed().as_millis().max(1);
            let rate = progress.booked as u128 * 1000 / milliseconds;
            say(format_args!(
                "{} accounts opened, {} known; {} transactions booked, {} known; {rate} transactions a second",
                progress.accounts_opened, progress.accounts_known, progress.booked, progress.known
            ));
            Ok(())
        }
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Shows what is wrong, line by line, and ends the command.
fn refuse(faults: &[Fault]) -> anyhow::Result<()> {
    for fault in faults.iter().take(SHOWN_FAULTS) {
        complain(fault);
    }
    if faults.len() > SHOWN_FAULTS {
        complain(format_args!("… and {} more", faults.len() - SHOWN_FAULTS));
    }
    anyhow::bail!("{} lines are wrong; nothing was written", faults.len())
}

fn bar(batch: &Batch) -> ProgressBar {
    let bar = ProgressBar::new((batch.accounts.len() + batch.transactions.len()) as u64);
    let style = ProgressStyle::with_template("importing {wide_bar} {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
