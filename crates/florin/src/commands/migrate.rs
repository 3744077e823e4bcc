//! `florin migrate`.

use crate::config::Config;
use crate::say::say;
use crate::start::{self, Schema};

/// Applies the missing migrations and names them.
pub(crate) async fn run(mut config: Config) -> anyhow::Result<()> {
    let bank = start::open(&mut config, Schema::Ignore).await?;
    let pending = bank.db.pending_migrations().await?;
    bank.db.migrate().await?;
    start::open_books(&bank).await?;
    for name in &pending {
        say(format_args!("applied {name}"));
    }
    if pending.is_empty() {
        say("the schema is up to date");
    }
    bank.db.close().await;
    Ok(())
}
