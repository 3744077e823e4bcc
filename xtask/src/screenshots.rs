//! `cargo xtask screenshots`: the pictures of the README and of `docs/console.md`, taken anew.

use std::process::ExitCode;

use crate::browser;
use crate::workspace::{cargo, root};

/// Where the pictures are.
const FOLDER: &str = "docs/pictures";
/// Who reads the documentation waits for them.
const MOST_BYTES: u64 = 200_000;

/// Runs `cargo xtask screenshots`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    if !arguments.is_empty() {
        return Err(format!("unknown words: {}", arguments.join(" ")));
    }
    let Some(florin) = browser::ready()? else { return Ok(ExitCode::SUCCESS) };
    let folder = root().join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{FOLDER}: {error}"))?;
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "browser", "--bin", "screenshots", "--"]).arg(&folder);
    // Letters as we chose them, whatever the machine's own choice is.
    command.env("FONTCONFIG_FILE", root().join("crates/browser/fonts.conf"));
    let taken = command.env("FLORIN_BIN", florin).status().map_err(|error| error.to_string())?;
    if !taken.success() {
        return Err("the pictures could not be taken".to_owned());
    }
    for entry in std::fs::read_dir(&folder).map_err(|error| error.to_string())?.flatten() {
        let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
        println!("{:>8} {}", bytes, entry.path().strip_prefix(root()).unwrap_or(&entry.path()).display());
        if bytes > MOST_BYTES {
            return Err(format!("{} is larger than {MOST_BYTES} bytes", entry.path().display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
