//! The proofs that an operator can run: the ledger's and the audit log's.

use std::path::PathBuf;

use anyhow::Context as _;
use bank::Bank;
use indicatif::{ProgressBar, ProgressStyle};
use ledger::seal::{SigningKey, VerifyingKey};
use ledger::verify::{ChainReport, Fault, Progress, VerifyOptions};

use crate::say::say;

/// Returns the key that checks this bank's checkpoints.
///
/// # Errors
/// When `FLORIN_SIGNING_KEY` makes no key.
pub(crate) fn verifying_key(bank: &Bank) -> anyhow::Result<VerifyingKey> {
    Ok(SigningKey::from_seed(&bank.settings.signing_key).context("FLORIN_SIGNING_KEY")?.verifying_key())
}

/// Proves the ledger and the audit log against the checkpoints in a folder; says what it found.
///
/// # Errors
/// The first fault of each sort, or the database's.
pub(crate) async fn prove(bank: &Bank, checkpoints: Option<PathBuf>) -> anyhow::Result<()> {
    let ledger = ledger(bank, checkpoints.clone()).await?;
    let audit = audit(bank, checkpoints).await?;
    anyhow::ensure!(ledger && audit, "the proof failed");
    Ok(())
}

/// Verifies the ledger; returns whether it is right.
///
/// # Errors
/// The database's.
pub(crate) async fn ledger(bank: &Bank, checkpoints: Option<PathBuf>) -> anyhow::Result<bool> {
    let options = options(bank, checkpoints)?;
    let bar = bar();
    let report = ledger::verify(&bank.db, &options, &mut |progress| show(&bar, progress)).await?;
    bar.finish_and_clear();
    say(format_args!(
        "ledger: {} accounts, {} transfers, {} entries, {} holds",
        report.accounts, report.chain.rows, report.entries, report.holds
    ));
    for (currency, (debits, credits)) in &report.totals {
        say(format_args!("  {currency}: debits {debits}, credits {credits} (minor units)"));
    }
    tell("ledger", &report.chain, &report.faults);
    Ok(report.passed())
}

/// Verifies the audit log; returns whether nothing was touched.
///
/// # Errors
/// The database's.
pub(crate) async fn audit(bank: &Bank, checkpoints: Option<PathBuf>) -> anyhow::Result<bool> {
    let options = options(bank, checkpoints)?;
    let bar = bar();
    let verified = bank::audit::verify(bank, &options, &mut |progress| show(&bar, progress)).await?;
    bar.finish_and_clear();
    say(format_args!("audit: {} rows", verified.chain.rows));
    tell("audit", &verified.chain, &verified.faults);
    Ok(verified.passed())
}

fn options(bank: &Bank, checkpoints: Option<PathBuf>) -> anyhow::Result<VerifyOptions> {
    Ok(VerifyOptions { checkpoint_directory: checkpoints, trusted_keys: vec![verifying_key(bank)?] })
}

fn tell(what: &str, chain: &ChainReport, faults: &[Fault]) {
    say(format_args!(
        "  sealed through {} in {} blocks, {} rows not sealed yet; {} checkpoints agree, {} of them from files",
        chain.sealed_through, chain.seals, chain.unsealed, chain.checkpoints, chain.exported_checkpoints
    ));
    for fault in faults {
        let more = if fault.count > 1 { format!(" (and {} more)", fault.count - 1) } else { String::new() };
        say(format_args!("  FAULT {}: {}: {}{more}", fault.kind.as_str(), fault.row, fault.detail));
    }
    say(format_args!("{what}: {}", if faults.is_empty() { "passed" } else { "FAILED" }));
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:<12} {bar:40} {pos}/{len} {eta}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.total);
    bar.set_position(progress.done);
    bar.set_message(format!("{:?}", progress.stage).to_lowercase());
}
