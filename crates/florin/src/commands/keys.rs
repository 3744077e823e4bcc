//! `florin keys rotate`.

use bank::openbanking::service::rewrap_keys;
use bank::sealing;
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Config;
use crate::say::say;
use crate::start::{self, Schema};

/// Says what to do with the keys.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Seal again, under the first of FLORIN_ENCRYPTION_KEYS and of TRUELAYER_ENCRYPTION_KEYS, what an older key sealed.
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
    bar.set_message("truelayer_connections.data_key");
    let connections = rewrap_keys(&bank, |done| bar.set_position(done)).await;
    bar.finish_and_clear();
    say(format_args!("{} values sealed again under the first key", done? + connections?));
    let rings = [
        ("FLORIN_ENCRYPTION_KEYS", config.settings.encryption_keys.len()),
        ("TRUELAYER_ENCRYPTION_KEYS", config.settings.open_banking.map_or(0, |own| own.token_keys.len())),
    ];
    for (name, _) in rings.into_iter().filter(|(_, keys)| *keys > 1) {
        say(format_args!(
            "every node may now drop the older keys from {name}; older backups still need them"
        ));
    }
    bank.db.close().await;
    Ok(())
}
