//! `cargo xtask browser [filter…]`: the console in Chromium, as its people use it, on both engines.
//!
//! Builds the program (or takes the one that `FLORIN_BIN` names) and runs the tests of `crates/browser`. They need
//! Chromium and its driver from the machine; nothing is downloaded.

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::postgres::{HOW_TO_INSTALL, Programs, Server, Writes};
use crate::test::is_nextest_installed;
use crate::workspace::{cargo, target_directory};

/// The variable by which tests choose their engine.
const TEST_URL: &str = "FLORIN_TEST_DATABASE_URL";

/// Runs `cargo xtask browser [filter…]`; the filters go to the test runner.
pub(crate) fn run(filters: &[String]) -> Result<ExitCode, String> {
    let Some(florin) = ready()? else { return Ok(ExitCode::SUCCESS) };
    let programs = Programs::find();
    if programs.is_none() && std::env::var_os("CI").is_some() {
        return Err(HOW_TO_INSTALL.to_owned());
    }
    let server = programs.map(|programs| Server::start(&programs, Writes::Fast)).transpose()?;
    let mut failed = false;
    for (engine, url) in [("SQLite", None), ("PostgreSQL", server.as_ref().map(Server::url))] {
        if engine == "PostgreSQL" && url.is_none() {
            println!("{engine}: did not run. {HOW_TO_INSTALL}.");
            continue;
        }
        println!("== {engine}");
        let mut command = runner(filters);
        command.env("FLORIN_BIN", &florin).env_remove(TEST_URL);
        command.envs(url.map(|url| (TEST_URL, url)));
        let status = command.status().map_err(|error| format!("cannot run cargo: {error}"))?;
        failed |= !status.success();
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Returns the program to look at; nothing, after saying so, where there is no browser and nobody insists on one.
pub(crate) fn ready() -> Result<Option<PathBuf>, String> {
    if has_chromium()? { program().map(Some) } else { Ok(None) }
}

/// Says whether there is a browser, and says so aloud where there is none; under CI that is a failure.
pub(crate) fn has_chromium() -> Result<bool, String> {
    let answers = |name: &&str| {
        let mut probe = Command::new(name);
        probe.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    };
    let Some(missing) = ["chromium", "chromedriver"].into_iter().find(|name| !answers(name)) else {
        return Ok(true);
    };
    let message = format!("{missing} is missing (Debian's packages chromium and chromium-driver)");
    if std::env::var_os("CI").is_some() {
        return Err(message);
    }
    println!("SKIPPED: {message}; nothing was looked at");
    Ok(false)
}

/// Returns the program under test: the one named, or the one that the usual tests build too.
fn program() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("FLORIN_BIN").filter(|path| !path.is_empty()) {
        // The tests run in their package's folder.
        return std::path::absolute(named).map_err(|error| error.to_string());
    }
    let built = cargo().args(["build", "--workspace", "--quiet", "--bin", "florin"]).status();
    if !built.is_ok_and(|status| status.success()) {
        return Err("the program does not build".to_owned());
    }
    Ok(target_directory().join("debug/florin"))
}

/// Returns the runner of the tests, two windows at a time: each has a bank and a browser of its own.
fn runner(filters: &[String]) -> Command {
    let mut command = cargo();
    if is_nextest_installed() {
        command.args(["nextest", "run", "--workspace", "--test", "console", "--ignore-default-filter"]);
        command.args(["--test-threads=2", "--no-fail-fast"]).args(filters);
    } else {
        command.args(["test", "--workspace", "--test", "console", "--no-fail-fast", "--"]);
        command.arg("--test-threads=2").args(filters);
    }
    command
}
