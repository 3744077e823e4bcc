//! `florin migrate`.

use anyhow::Context as _;

use crate::config::Config;
use crate::say::say;
use crate::start::{self, Schema};

/// Holds the arguments of `migrate`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Let this PostgreSQL role run the program: all it needs, but no change to what is written once.
    #[arg(long, value_name = "ROLE")]
    grant: Option<String>,
}

/// Applies the missing migrations, names them, and grants.
pub(crate) async fn run(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
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
    if let Some(role) = &arguments.grant {
        bank.db.grant(role).await.with_context(|| format!("{role} cannot be granted what it needs"))?;
        say(format_args!("{role} may run the program"));
    }
    bank.db.close().await;
    Ok(())
}
