//! `florin keys rotate`.

use bank::sealing;
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Config;
use crate::say::say;
use crate::start::{self, Schema};

/// Says what to do with the keys.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Seal again, under the first of FLORIN_ENCRYPTION_KEYS, what an older key sealed.
    Rotate,
}

/// Works beside the running service; stopped anywhere, the next run goes on from there.
pub(crate) async fn run(mut config: Config, command: Command) -> anyhow::Result<()> {
    let Command::Rotate = command;
    let bank = start::open(&mut config, Schema::Expect).await?;
    let style = ProgressStyle::with_template("{spinner} {msg:<32} {pos} sealed again ({per_sec})");
    let bar = ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let done = sealing::rewrap(&bank, |progress| {
        bar.set_message(format!("{}.{}", progress.column.table, progress.column.column));
        bar.set_position(progress.rewrapped);
    });
    let done = done.await;
    bar.finish_and_clear();
    say(format_args!("{} values sealed again under the first key", done?));
    if config.settings.encryption_keys.len() > 1 {
        say(
            "every node may now drop the older keys from FLORIN_ENCRYPTION_KEYS; older backups still need them",
        );
    }
    bank.db.close().await;
    Ok(())
}
