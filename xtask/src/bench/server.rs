//! A `florin serve` that runs while it is measured.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Holds the process; dropping it ends it.
pub(crate) struct Florin {
    child: Child,
    url: String,
}

impl Florin {
    /// Starts it and waits until it says where it listens.
    pub(crate) fn start(mut command: Command) -> Result<Self, String> {
        let mut child =
            command.stdout(Stdio::piped()).spawn().map_err(|error| format!("florin serve: {error}"))?;
        let output = child.stdout.take().map(BufReader::new);
        let mut lines = output.into_iter().flat_map(BufRead::lines).map_while(Result::ok);
        let url = lines.find_map(|line| line.split_once("listens on ").map(|(_, url)| url.to_owned()));
        // The line after it says that the second listener is bound as well.
        let bound = lines.next().is_some();
        match url.filter(|_| bound) {
            Some(url) => Ok(Self { child, url }),
            None => Err("florin serve did not start".to_owned()),
        }
    }

    /// Returns where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the most memory it held, in MB, as Linux tells it.
    pub(crate) fn peak_memory_mb(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: f64 = line.trim().split(' ').next()?.parse().ok()?;
        Some(kilobytes / 1_000.0)
    }
}

impl Drop for Florin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
