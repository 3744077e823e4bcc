//! `florin doctor`.

use std::process::ExitCode;

use crate::config::Config;

/// Checks what the program rests on and gives a verdict on each.
pub(crate) async fn run(_config: Config) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
