//! The ledger against its model for as long as the battery asks: `crates/ledger/tests/it/model` with more runs.

use std::process::ExitCode;

use crate::workspace::cargo;

/// Runs and steps in the battery, and in its long form.
const SHORT: [(&str, &str); 2] = [("LEDGER_MODEL_RUNS", "1000"), ("LEDGER_MODEL_STEPS", "100")];
const LONG: [(&str, &str); 2] = [("LEDGER_MODEL_RUNS", "20000"), ("LEDGER_MODEL_STEPS", "200")];

/// Runs `cargo xtask model [--long]` on SQLite, where a run takes the least time; the rules are the same on both engines.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let size = match arguments {
        [] => SHORT,
        [word] if word == "--long" => LONG,
        _ => return Err("takes `--long` or nothing".to_owned()),
    };
    let mut command = cargo();
    command.args(["test", "--quiet", "--workspace", "--test", "it", "the_ledger_says_what_the_napkin_says"]);
    command.args(["--", "--nocapture"]).env_remove("FLORIN_TEST_DATABASE_URL");
    // What the caller has set stands: a seed to begin elsewhere, or fewer runs to look at one.
    command.envs(size.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()));
    let status = command.status().map_err(|error| format!("cargo: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
