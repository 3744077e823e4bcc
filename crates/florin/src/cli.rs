//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Config, Source};
use crate::say::complain;
use crate::{backup, bench, commands, demo, import, serve, telemetry};

/// A bank's backend in one binary.
#[derive(Debug, Parser)]
#[command(name = "florin", version, disable_help_subcommand = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API and the console, with background work.
    Serve(serve::Arguments),
    /// Do background work only, beside the nodes that serve.
    Worker(serve::Arguments),
    /// Make a bank with lifelike data and serve it.
    Demo(demo::Arguments),
    /// Bring the database's schema up to date.
    Migrate(commands::migrate::Arguments),
    /// Check the environment, the database, the clock, the disk and the keys.
    Doctor,
    /// Inspect the configuration.
    #[command(subcommand)]
    Config(commands::config::Command),
    /// Make members of staff.
    #[command(subcommand)]
    Admin(commands::admin::Command),
    /// Prove the ledger, or write it out.
    #[command(subcommand)]
    Ledger(commands::proofs::Ledger),
    /// Prove the audit log.
    #[command(subcommand)]
    Audit(commands::proofs::Audit),
    /// Show, or check, that a row stood in a chain and that a chain only grew.
    #[command(subcommand)]
    Evidence(commands::evidence::Command),
    /// Change the keys that seal.
    #[command(subcommand)]
    Keys(commands::keys::Command),
    /// Copy the database into a new folder while the bank runs.
    Backup(backup::BackupArguments),
    /// Prove a backup, and put it in the database's place.
    Restore(backup::RestoreArguments),
    /// Bring in accounts and transactions from files.
    Import(import::Arguments),
    /// Load a running server, or the ledger itself, and say how fast it answered.
    Bench(bench::Arguments),
    /// Answer as another's service does, to try and to test against.
    #[command(subcommand)]
    Simulate(commands::simulate::Command),
    /// Print the `OpenAPI` document.
    Openapi,
}

/// Runs the command that the arguments name.
pub(crate) fn main() -> ExitCode {
    let CommandLine { command } = CommandLine::parse();
    let source = Source::of_process();
    if let Command::Config(command) = command {
        return commands::config::run(command, &source);
    }
    if matches!(command, Command::Openapi) {
        return code(commands::openapi::run().map(|()| ExitCode::SUCCESS));
    }
    if let Command::Evidence(commands::evidence::Command::Check { file, key, checkpoint }) = command {
        let checked = commands::evidence::check(&file, key, checkpoint.as_deref());
        return code(checked.map(|()| ExitCode::SUCCESS));
    }
    if let Command::Simulate(command) = command {
        return code(commands::simulate::run(command).map(|()| ExitCode::SUCCESS));
    }
    let config = match config::read(&source) {
        Ok(config) => config,
        Err(faults) => {
            complain(faults);
            return ExitCode::from(2);
        }
    };
    code(begin(command, config, &source))
}

fn code(done: anyhow::Result<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|error| {
        // The chain of causes in their display forms: a database error's debug form may carry values.
        complain(format_args!("florin: {error:#}"));
        ExitCode::FAILURE
    })
}

fn begin(command: Command, config: Config, source: &Source) -> anyhow::Result<ExitCode> {
    // Every TLS connection of the process, in and out, uses this provider.
    let provider = rustls::crypto::aws_lc_rs::default_provider().install_default();
    anyhow::ensure!(provider.is_ok(), "a TLS provider is installed already");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let traces = telemetry::start(&config)?;
        for name in source.unknown() {
            tracing::warn!(variable = name, "{name} is no variable of Florin's");
        }
        let done = Box::pin(run(command, config, source)).await;
        traces.stop();
        done
    })
}

async fn run(command: Command, config: Config, source: &Source) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(arguments) => serve::run(config, arguments).await?,
        Command::Worker(arguments) => serve::run_worker(config, arguments).await?,
        Command::Demo(arguments) => demo::run(config, arguments).await?,
        Command::Migrate(arguments) => commands::migrate::run(config, arguments).await?,
        Command::Doctor => return commands::doctor::run(config, source).await,
        Command::Admin(command) => commands::admin::run(config, command).await?,
        Command::Ledger(command) => return commands::proofs::run_ledger(config, command).await,
        Command::Audit(command) => return commands::proofs::run_audit(config, command).await,
        Command::Evidence(command) => commands::evidence::show(config, command).await?,
        Command::Keys(command) => commands::keys::run(config, command).await?,
        Command::Backup(arguments) => backup::take(config, arguments).await?,
        Command::Restore(arguments) => backup::restore(config, arguments).await?,
        Command::Bench(arguments) => bench::run(config, arguments).await?,
        Command::Import(arguments) => import::run(config, arguments).await?,
        Command::Config(_) | Command::Openapi | Command::Simulate(_) => {
            unreachable!("answered before the configuration was read")
        }
    }
    Ok(ExitCode::SUCCESS)
}
