//! `cargo xtask battery [--long] [filter…]`: what the bank promises about failures, shown on both engines.
//!
//! Builds the program as users run it (or takes the one that `FLORIN_BIN` names), starts a PostgreSQL that waits for
//! the disk, and runs the harnesses of `crates/florin/tests/battery` one after the other, first on SQLite, then on
//! PostgreSQL. `--long` is the form before a release. `docs/reliability.md` says what each harness shows.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::postgres::{HOW_TO_INSTALL, Programs, Server, Writes};
use crate::test::is_nextest_installed;
use crate::workspace::{cargo, target_directory};

/// The variables by which tests choose their engine, as `cargo xtask test` sets them.
const TEST_URLS: [&str; 2] = ["FLORIN_TEST_DATABASE_URL", "FLORIN_TEST_DURABLE_URL"];

/// Runs `cargo xtask battery [--long] [filter…]`; the filters go to the test runner.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let (long, filters): (Vec<_>, Vec<_>) = arguments.iter().cloned().partition(|word| word == "--long");
    let long = !long.is_empty();
    let florin = program("release")?;
    let programs = Programs::find();
    if programs.is_none() && std::env::var_os("CI").is_some() {
        return Err(HOW_TO_INSTALL.to_owned());
    }
    let server = programs.map(|programs| Server::start(&programs, Writes::Durable)).transpose()?;
    let engines = [("SQLite", None), ("PostgreSQL", server.as_ref().map(Server::url))];
    let mut told = Vec::new();
    for (engine, url) in engines {
        if engine == "PostgreSQL" && url.is_none() {
            told.push(format!("{engine}: did not run. {HOW_TO_INSTALL}."));
            continue;
        }
        println!("== {engine}");
        let mut command = runner(long, &filters);
        command.env("FLORIN_BIN", &florin).env("FLORIN_BATTERY", if long { "long" } else { "short" });
        for name in TEST_URLS {
            match &url {
                Some(url) => command.env(name, url),
                None => command.env_remove(name),
            };
        }
        let begun = Instant::now();
        let status = command.status().map_err(|error| format!("cannot run cargo: {error}"))?;
        let word = if status.success() { "passed" } else { "FAILED" };
        told.push(format!("{engine}: {word} in {} s", begun.elapsed().as_secs()));
    }
    println!("\n== battery\n{}", told.join("\n"));
    let failed = told.iter().any(|line| line.contains("FAILED"));
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Returns the program under test: the one named, or a fresh build with a profile.
pub(crate) fn program(profile: &str) -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("FLORIN_BIN").filter(|path| !path.is_empty()) {
        // The tests run in their package's folder.
        return std::path::absolute(named).map_err(|error| error.to_string());
    }
    let built = cargo().args(["build", "--profile", profile, "--quiet", "-p", "florin"]).status();
    if !built.is_ok_and(|status| status.success()) {
        return Err("the program does not build".to_owned());
    }
    Ok(target_directory().join(profile).join("florin"))
}

/// Returns the runner of one harness after the other; nextest ends one that takes too long.
fn runner(long: bool, filters: &[String]) -> Command {
    let mut command = cargo();
    if is_nextest_installed() {
        command.args(["nextest", "run", "--workspace", "--test", "battery", "--ignore-default-filter"]);
        command.args(["--test-threads=1", "--no-fail-fast", "--success-output=immediate"]);
        command.args(["--profile", if long { "battery-long" } else { "default" }]).args(filters);
    } else {
        command.args(["test", "-p", "florin", "--test", "battery", "--no-fail-fast", "--"]);
        command.args(["--test-threads=1", "--show-output"]).args(filters);
    }
    command
}
