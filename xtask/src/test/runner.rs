//! Calls the test runner and counts what it reports, while its words pass through to the terminal.

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::process::{Command, Stdio};

use crate::test::tally::{Speaker, Tally};
use crate::workspace::cargo;

/// The packages whose tests meet a database; the others need not run on a second engine.
const DATABASE_PACKAGES: [&str; 4] = ["database", "ledger", "bank", "florin"];

/// The variable by which tests choose their engine; unset means SQLite.
const TEST_URL: &str = "FLORIN_TEST_DATABASE_URL";
/// The same for the tests that kill the program: a server with fsync on.
const DURABLE_URL: &str = "FLORIN_TEST_DURABLE_URL";

/// The program that runs the tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    Nextest,
    CargoTest,
}

impl Runner {
    /// Prefers cargo-nextest; `FLORIN_TEST_RUNNER=cargo-test` chooses the other.
    pub(crate) fn installed() -> Self {
        let refused = std::env::var("FLORIN_TEST_RUNNER").is_ok_and(|name| name == "cargo-test");
        let answers = || {
            let mut probe = cargo();
            probe.args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
            probe.status().is_ok_and(|status| status.success())
        };
        if !refused && answers() { Self::Nextest } else { Self::CargoTest }
    }

    /// Returns the name to show.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nextest => "cargo-nextest",
            Self::CargoTest => "cargo test; install cargo-nextest for a time limit per test",
        }
    }

    /// Runs every package's tests on SQLite, with the examples in the documentation.
    pub(crate) fn run_everything(self, filters: &[String]) -> Result<Tally, String> {
        let mut command = self.command(filters);
        command.env_remove(TEST_URL).env_remove(DURABLE_URL);
        if !chooses_packages(filters) {
            command.arg("--workspace");
        }
        let mut tally = count(command, self.speaker())?;
        if self == Self::Nextest && filters.is_empty() {
            // Nextest leaves these out.
            let mut examples = cargo();
            examples.args(["test", "--doc", "--workspace", "--no-fail-fast", "--quiet"]).env_remove(TEST_URL);
            tally = tally.plus(&count(examples, Speaker::Libtest)?);
        }
        Ok(tally)
    }

    /// Runs the tests that meet a database on the server at `url`, and those that kill on the one at `durable`.
    pub(crate) fn run_on(self, url: &str, durable: &str, filters: &[String]) -> Result<Tally, String> {
        let mut command = self.command(filters);
        command.env(TEST_URL, url).env(DURABLE_URL, durable);
        if !chooses_packages(filters) {
            match self {
                // Choosing tests, not packages, keeps the build of the first run.
                Self::Nextest => command.args(["--workspace", "-E", &database_tests()]),
                Self::CargoTest => {
                    command.args(DATABASE_PACKAGES.iter().flat_map(|name| ["--package", name]))
                }
            };
            if self == Self::CargoTest {
                command.args(["--lib", "--bins", "--tests"]);
            }
        }
        count(command, self.speaker())
    }

    fn speaker(self) -> Speaker {
        match self {
            Self::Nextest => Speaker::Nextest,
            Self::CargoTest => Speaker::Libtest,
        }
    }

    fn command(self, filters: &[String]) -> Command {
        let mut command = cargo();
        match self {
            Self::Nextest => command.args(["nextest", "run", "--no-fail-fast", "--no-tests=pass"]),
            Self::CargoTest => command.args(["test", "--no-fail-fast"]),
        };
        if std::io::stderr().is_terminal() {
            command.arg("--color=always");
        }
        command.args(filters);
        command
    }
}

fn chooses_packages(filters: &[String]) -> bool {
    let options = ["-p", "--package", "--workspace", "-E", "--filterset", "--filter-expr", "--lib", "--test"];
    filters.iter().any(|word| options.contains(&word.split('=').next().unwrap_or(word)))
}

fn database_tests() -> String {
    DATABASE_PACKAGES.map(|name| format!("package({name})")).join(" + ")
}

/// Runs `command` and reads its counts from both of its outputs.
fn count(mut command: Command, speaker: Speaker) -> Result<Tally, String> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    let stderr = child.stderr.take().map(BufReader::new);
    let stdout = child.stdout.take().map(BufReader::new);
    let reader = std::thread::spawn(move || pass_through(speaker, stderr, &mut std::io::stderr()));
    let mut tally = pass_through(speaker, stdout, &mut std::io::stdout());
    let heard = reader.join().map_err(|_| "the reader of the runner's output failed")?;
    tally = tally.plus(&heard);
    let status = child.wait().map_err(|error| format!("cargo: {error}"))?;
    tally.ended(status.success());
    Ok(tally)
}

/// Copies every line on and counts; bytes that are no text are copied as they are.
fn pass_through(speaker: Speaker, input: Option<impl BufRead>, output: &mut impl Write) -> Tally {
    let mut tally = Tally::default();
    let Some(mut input) = input else { return tally };
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        tally.read(speaker, &String::from_utf8_lossy(&line));
        let _ = output.write_all(&line).and_then(|()| output.flush());
        line.clear();
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_packages_is_left_to_the_caller() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(chooses_packages(&words("-p ledger")));
        assert!(chooses_packages(&words("--package=ledger refuses")));
        assert!(!chooses_packages(&words("a_frozen_account")));
    }
}
