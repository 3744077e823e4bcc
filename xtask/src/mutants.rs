//! Changes the code in small ways, one at a time, and asks whether a test notices: cargo-mutants over the code that
//! decides about money and about who may do what.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use crate::postgres::{HOW_TO_INSTALL, Programs, Server, Writes};
use crate::workspace::{cargo, target_directory};

/// What is changed, and whose tests must notice.
struct Ground {
    name: &'static str,
    package: &'static str,
    files: &'static [&'static str],
    /// The packages that are tested.
    tests: &'static str,
    /// Whether the tests run on PostgreSQL: what is written for one engine shows on that engine only.
    on_postgres: bool,
}

const GROUNDS: [Ground; 4] = [
    Ground {
        name: "posting",
        package: "ledger",
        files: &["crates/ledger/src/decide/*.rs", "crates/ledger/src/write_sqlite.rs"],
        tests: "ledger",
        on_postgres: false,
    },
    Ground {
        name: "posting-postgres",
        package: "ledger",
        files: &["crates/ledger/src/write.rs", "crates/ledger/src/write_postgres.rs"],
        tests: "ledger",
        on_postgres: true,
    },
    Ground {
        name: "ledger",
        package: "ledger",
        files: &["crates/ledger/src/**/*.rs"],
        tests: "ledger",
        on_postgres: true,
    },
    Ground {
        name: "authorization",
        package: "bank",
        files: &[
            "crates/bank/src/permission.rs",
            "crates/bank/src/accounts/service/access.rs",
            "crates/bank/src/guard/*.rs",
        ],
        tests: "bank,florin",
        on_postgres: false,
    },
];

/// Runs `cargo xtask mutants [ground…] [-- arguments of cargo-mutants]`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let (names, rest) = match arguments.iter().position(|word| word == "--") {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (arguments, &arguments[..0]),
    };
    let known = GROUNDS.map(|ground| ground.name);
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("no ground `{unknown}`; there are {}", known.join(", ")));
    }
    let probe = cargo().args(["mutants", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        return Err("cargo-mutants is not installed: cargo install --locked cargo-mutants".to_owned());
    }
    let chosen = |ground: &&Ground| names.is_empty() || names.iter().any(|name| name == ground.name);
    let programs = Programs::find();
    let mut clean = true;
    for ground in GROUNDS.iter().filter(chosen) {
        println!("== {}", ground.name);
        let folder = target_directory().join("mutants").join(ground.name);
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut command = ground.command(&folder, rest);
        let server = if ground.on_postgres {
            let programs = programs.as_ref().ok_or(HOW_TO_INSTALL)?;
            Some(Server::start(programs, Writes::Fast)?)
        } else {
            None
        };
        if let Some(server) = &server {
            command.env("FLORIN_TEST_DATABASE_URL", server.url());
        }
        clean &= command.status().map_err(|error| format!("cargo mutants: {error}"))?.success();
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Ground {
    fn command(&self, folder: &Path, rest: &[String]) -> Command {
        let mut command = cargo();
        command.args(["mutants", "--test-tool", "nextest", "--timeout", "120", "-p", self.package]);
        command.args(self.files.iter().flat_map(|file| ["-f", file]));
        command.args(["--test-package", self.tests]);
        command.arg("-o").arg(folder).args(rest);
        // Small files link faster, and there is one build for each change.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").env_remove("FLORIN_TEST_DATABASE_URL");
        command
    }
}
