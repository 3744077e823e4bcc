//! `cargo xtask pages [--transfers N] [--sqlite]`: how long every page of the console takes with a full book.
//!
//! Fills a bank with `florin bench prepare` (a million transfers), on a throw-away PostgreSQL or on SQLite, adds two members
//! of staff, serves it, and has a window of Chromium ask for every page a hundred times. Fails when a page's p95 is over
//! 100 ms. `FLORIN_BIN` names the program; otherwise it is built as users run it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::bench::server::Florin;
use crate::postgres::{HOW_TO_INSTALL, Programs, Server, Writes};
use crate::workspace::cargo;
use crate::{battery, browser};

/// Opens the console of a bank that is gone with the measurement.
const PASSWORD: &str = "a walk over every page in the book";
/// Who looks: between them they see every page.
const STAFF: [(&str, &str); 2] =
    [("admin@bench.example", "admin"), ("operations@bench.example", "operations")];

/// Runs `cargo xtask pages [--transfers N] [--sqlite]`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let (transfers, on_sqlite) = read(arguments)?;
    if !browser::has_chromium()? {
        return Ok(ExitCode::SUCCESS);
    }
    let florin = battery::program("release")?;
    let server = if on_sqlite {
        None
    } else {
        Some(Server::start(&Programs::find().ok_or(HOW_TO_INSTALL)?, Writes::Measured)?)
    };
    let folder = std::env::temp_dir().join(format!("florin-pages-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let bank = Bank { florin, folder, url: server.as_ref().map(Server::url) };
    bank.fill(&transfers)?;
    let serving = Florin::start(bank.florin(&["serve"]))?;
    let mut walk = cargo();
    walk.args(["run", "--quiet", "--package", "browser", "--bin", "page_times", "--"]);
    let walked = walk.args([serving.url(), PASSWORD]).status().map_err(|error| error.to_string())?;
    Ok(if walked.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(arguments: &[String]) -> Result<(String, bool), String> {
    let (mut transfers, mut on_sqlite) = ("1000000".to_owned(), false);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--sqlite" => on_sqlite = true,
            "--transfers" => {
                let number = words.next().filter(|number| number.parse::<u32>().is_ok());
                number.ok_or("--transfers needs a number")?.clone_into(&mut transfers);
            }
            _ => return Err(format!("unknown word `{word}`")),
        }
    }
    Ok((transfers, on_sqlite))
}

/// The bank that is measured; its folder goes away with it.
struct Bank {
    florin: PathBuf,
    folder: PathBuf,
    /// None on SQLite.
    url: Option<String>,
}

impl Bank {
    fn fill(&self, transfers: &str) -> Result<(), String> {
        let words = ["bench", "prepare", "--people", "500", "--accounts", "200", "--file", "people.json"];
        let mut prepare = self.florin(&words);
        prepare.args(["--transfers", transfers]);
        succeed(&mut prepare, "")?;
        for (email, role) in STAFF {
            let words = ["admin", "create", "--email", email, "--name", "Page Turner", "--role", role];
            succeed(self.florin(&words).arg("--password-stdin"), PASSWORD)?;
        }
        Ok(())
    }

    fn florin(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.florin);
        command.args(words).current_dir(&self.folder).env("FLORIN_DATA_DIR", self.folder.join("data"));
        command.envs(self.url.as_ref().map(|url| ("DATABASE_URL", url)));
        for limit in ["SIGN_IN", "READ", "WRITE", "EXPENSIVE"] {
            command.env(format!("FLORIN_RATE_{limit}"), "1000000");
        }
        command.env("FLORIN_ADDR", "127.0.0.1:0").env("FLORIN_METRICS_ADDR", "127.0.0.1:0");
        command.env("FLORIN_LOG", "error");
        command
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs a command with a line on its standard input.
fn succeed(command: &mut Command, line: &str) -> Result<(), String> {
    let mut child = command.stdin(Stdio::piped()).spawn().map_err(|error| format!("{command:?}: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that reads nothing has closed its input.
        let _ = writeln!(stdin, "{line}");
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed")) }
}
