//! `cargo xtask test`: every test on SQLite, then those that touch a database on PostgreSQL.
//!
//! Runs under cargo-nextest where it is installed (each test in a process of its own, with the hard
//! limit of `.config/nextest.toml`), else under plain `cargo test`. The last line is always
//! `NNN passed, N failed`, over both engines.

mod runner;
mod tally;

use std::process::ExitCode;

use crate::postgres::{HOW_TO_INSTALL, Programs, Server, Writes};
use runner::Runner;
use tally::Tally;

/// Runs `cargo xtask test [filter…]`; the words go to the test runner as they stand.
pub(crate) fn run(filters: &[String]) -> Result<ExitCode, String> {
    let runner = Runner::installed();
    println!("== SQLite ({})", runner.name());
    let sqlite = runner.run_everything(filters)?;
    let Some(programs) = Programs::find() else {
        return Ok(report(&[("SQLite", sqlite)], std::env::var_os("CI").is_none()));
    };
    // What kills the program asks for a server that keeps what it acknowledged; the others for a fast one.
    let (fast, durable) =
        (Server::start(&programs, Writes::Fast)?, Server::start(&programs, Writes::Durable)?);
    println!("== PostgreSQL ({}, {})", runner.name(), programs.postgres().display());
    let postgres = runner.run_on(&fast.url(), &durable.url(), filters)?;
    drop((fast, durable));
    Ok(report(&[("SQLite", sqlite), ("PostgreSQL", postgres)], true))
}

/// Says whether cargo-nextest is there and wanted.
pub(crate) fn is_nextest_installed() -> bool {
    Runner::installed() == Runner::Nextest
}

/// Prints what ran, engine by engine, then the sum; a missing engine is tolerated only if told so.
fn report(engines: &[(&str, Tally)], may_lack_an_engine: bool) -> ExitCode {
    println!("\n== what ran");
    for (engine, tally) in engines {
        println!("{engine}: {tally}");
    }
    let lacks_postgres = engines.len() < 2;
    if lacks_postgres {
        println!("PostgreSQL: did not run. {HOW_TO_INSTALL}.");
    }
    let sum = engines.iter().fold(Tally::default(), |sum, (_, tally)| sum.plus(tally));
    if sum.is_empty() {
        println!("no test has such a name");
    }
    println!("{sum}");
    let good = sum.is_good() && (!lacks_postgres || may_lack_an_engine);
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
