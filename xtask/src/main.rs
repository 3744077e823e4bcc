//! Runs the developer's tasks: `cargo xtask <task>`.
//!
//! One module per task, each with one entry function that takes the words after the task's name and
//! returns the exit code or a message; [`TASKS`] is the list. The crate stands on the standard library
//! alone, so that it builds in a second on a bare machine.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task speaks to the person at the terminal")]

mod battery;
mod bench;
mod berka;
mod browser;
mod fuzz;
mod model;
mod mutants;
mod pages;
mod postgres;
mod sbom;
mod screenshots;
mod test;
mod tidy;
mod workspace;

use std::fmt::Write;
use std::process::ExitCode;

/// Names one task, what it takes and what it does.
struct Task {
    name: &'static str,
    takes: &'static str,
    does: &'static str,
    run: fn(&[String]) -> Result<ExitCode, String>,
}

const TASKS: &[Task] = &[
    Task {
        name: "test",
        takes: "[filter…]",
        does: "run the tests on SQLite, then on a throw-away PostgreSQL",
        run: test::run,
    },
    Task {
        name: "postgres",
        takes: "[--durable|--measured] -- <command…>",
        does: "run a command beside a throw-away PostgreSQL (FLORIN_PG_URL, FLORIN_TEST_DATABASE_URL)",
        run: postgres::run,
    },
    Task {
        name: "tidy",
        takes: "[--bless]",
        does: "check the rules of the house that a program can check; --bless lowers the ratchet",
        run: tidy::run,
    },
    Task {
        name: "bench",
        takes: "[--rounds N] [--seconds N] [filter…]",
        does: "measure the ledger and the API beside pgbench, and write docs/benchmarks.md",
        run: bench::run,
    },
    Task {
        name: "battery",
        takes: "[--long] [filter…]",
        does: "show what the bank promises about failures, on both engines",
        run: battery::run,
    },
    Task {
        name: "browser",
        takes: "[filter…]",
        does: "use the console in Chromium as its people do, on both engines",
        run: browser::run,
    },
    Task {
        name: "pages",
        takes: "[--transfers N] [--sqlite]",
        does: "time every page of the console with a million transfers in the book",
        run: pages::run,
    },
    Task {
        name: "screenshots",
        takes: "",
        does: "take the pictures of the documentation anew, docs/pictures",
        run: screenshots::run,
    },
    Task {
        name: "berka",
        takes: "<data> <folder>",
        does: "turn the Berka data into the two files of `florin import`",
        run: berka::run,
    },
    Task {
        name: "fuzz",
        takes: "[--long] [--seconds N] [target…]",
        does: "throw what strangers can send at its readers",
        run: fuzz::run,
    },
    Task {
        name: "model",
        takes: "[--long]",
        does: "hold the ledger against its model for a thousand runs, or twenty thousand",
        run: model::run,
    },
    Task {
        name: "mutants",
        takes: "[ground…] [-- arguments]",
        does: "change the deciding code in small ways and ask whether a test notices",
        run: mutants::run,
    },
    Task {
        name: "sbom",
        takes: "",
        does: "write the bill of materials, target/florin.cdx.json",
        run: sbom::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        eprint!("{}", usage());
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", usage());
        return ExitCode::SUCCESS;
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        eprint!("there is no task `{name}`\n\n{}", usage());
        return ExitCode::from(2);
    };
    (task.run)(rest).unwrap_or_else(|message| {
        eprintln!("xtask {name}: {message}");
        ExitCode::FAILURE
    })
}

fn usage() -> String {
    let mut text = String::from("Developer tasks. Usage: cargo xtask <task>\n\n");
    for Task { name, takes, does, .. } in TASKS {
        let call = format!("{name} {takes}");
        let _ = writeln!(text, "  {call:<36}{does}");
    }
    text.push_str(
        "\nEnvironment: FLORIN_PG_BIN names the folder of PostgreSQL's programs (otherwise PATH, then\n\
         /usr/lib/postgresql/*/bin, newest first); CI makes a missing PostgreSQL a failure.\n",
    );
    text
}
