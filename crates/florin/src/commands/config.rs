//! `florin config check` and `florin config example`.

use std::process::ExitCode;

use crate::config::{self, Source};
use crate::say::{complain, say};

/// Says what to do with the configuration.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List every variable with its state, never its value, and everything that is wrong.
    Check,
    /// Print a commented `.env` with every variable.
    Example,
}

/// Answers without starting anything.
pub(crate) fn run(command: Command, source: &Source) -> ExitCode {
    match command {
        Command::Check => check(source),
        Command::Example => {
            say(config::example().trim_end());
            ExitCode::SUCCESS
        }
    }
}

fn check(source: &Source) -> ExitCode {
    let read = config::read(source);
    let faults = read.as_ref().err().map_or(&[][..], |faults| &faults.0);
    for (variable, state) in config::states(source, faults) {
        let secret = if variable.secret { ", secret" } else { "" };
        say(format_args!("{:<32} {}{secret}", variable.name, state.as_str()));
    }
    for name in source.unknown() {
        say(format_args!("{name:<32} unknown"));
    }
    if source.get("REDIS_URL").is_some() {
        say("\nREDIS_URL is not needed: nodes share everything through the database");
    }
    match read {
        Ok(config) => {
            let mode = if config.settings.is_production() { "production" } else { "development" };
            say(format_args!("\nthe configuration is good for {mode}"));
            ExitCode::SUCCESS
        }
        Err(faults) => {
            complain(faults);
            ExitCode::from(2)
        }
    }
}
