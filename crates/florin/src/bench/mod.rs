//! `florin bench`: loads a running server, or the ledger itself, and says how fast it answered.
//!
//! `prepare` fills an empty bank with people and accounts; `florin bench` signs them in and sends what a scenario asks
//! for over HTTP; `submit` leaves HTTP out and drives the ledger of this process. `cargo xtask bench` calls them in turn,
//! beside pgbench on the same server.

mod client;
mod load;
mod naive;
mod people;
mod prepare;
mod report;
mod routes;
mod scenario;
mod submit;

use crate::config::Config;

/// Holds the arguments of `bench`.
#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    load: load::Arguments,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Action {
    /// Fill an empty bank with people, accounts and money, and write who they are to a file.
    Prepare(prepare::Arguments),
    /// Post through the group commit of this process, without HTTP.
    Submit(submit::Arguments),
    /// Serve payments as one would without a group commit: the peer that `florin serve` is measured against.
    Naive(naive::Arguments),
}

/// Runs what was asked for.
///
/// # Errors
/// What could not be reached or read; a server that answers with its own failures.
pub(crate) async fn run(config: Config, arguments: Arguments) -> anyhow::Result<()> {
    match arguments.action {
        Some(Action::Prepare(arguments)) => prepare::run(config, arguments).await,
        Some(Action::Submit(arguments)) => submit::run(config, arguments).await,
        Some(Action::Naive(arguments)) => naive::run(config, arguments).await,
        None => load::run(arguments.load).await,
    }
}
