//! `florin import`: accounts and transactions from files.

use std::path::PathBuf;

use crate::config::Config;

/// Holds the arguments of `import`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The accounts: number, product, owner.
    #[arg(long, value_name = "FILE")]
    pub(crate) accounts: PathBuf,
    /// The transactions.
    #[arg(long, value_name = "FILE")]
    pub(crate) transactions: PathBuf,
}

#[expect(clippy::unused_async, reason = "reads the database once it books")]
/// Validates both files, then books them.
pub(crate) async fn run(_config: Config, _arguments: Arguments) -> anyhow::Result<()> {
    anyhow::bail!("import is not part of this build")
}
