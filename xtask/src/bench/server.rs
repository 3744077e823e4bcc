//! A `florin serve` that runs while it is measured.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

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

    /// Begins to look at how much memory it holds, several times a second.
    pub(crate) fn watch(&self) -> Watch {
        let (stop, stopped) = channel();
        let path = format!("/proc/{}/status", self.child.id());
        let looks = std::thread::spawn(move || {
            let mut looks = Vec::new();
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
                looks.extend(resident_mb(&path).map(|memory| (Instant::now(), memory)));
            }
            looks
        });
        Watch { stop, looks }
    }
}

/// How often the memory is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// Looks at a process's memory until it is asked what it saw.
pub(crate) struct Watch {
    stop: Sender<()>,
    looks: JoinHandle<Vec<(Instant, f64)>>,
}

impl Watch {
    /// Returns the most memory in MB over the last `span`; none where Linux does not tell.
    pub(crate) fn most(self, span: Duration) -> Option<f64> {
        let end = Instant::now();
        drop(self.stop);
        let looks = self.looks.join().ok()?;
        let late = looks.into_iter().filter(|(at, _)| end.duration_since(*at) <= span);
        late.map(|(_, memory)| memory).max_by(f64::total_cmp)
    }
}

fn resident_mb(path: &str) -> Option<f64> {
    let status = std::fs::read_to_string(path).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().split(' ').next()?.parse().ok()?;
    Some(kilobytes / 1_000.0)
}

impl Drop for Florin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
