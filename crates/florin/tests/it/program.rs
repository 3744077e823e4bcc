//! The built program as a child process, in a folder and an environment of its own.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// Holds a folder that goes away with it.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes an empty folder.
    pub fn new() -> Self {
        let name = u64::from_be_bytes(kernel::Random::system().bytes());
        let path = std::env::temp_dir().join(format!("florin-it-{name:016x}"));
        std::fs::create_dir(&path).expect("a folder");
        Self(path)
    }

    /// Returns a path inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Returns the program with nothing in its environment but what moves it off the usual ports.
    pub fn florin(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .current_dir(&self.0)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("FLORIN_ADDR", "127.0.0.1:0")
            .env("FLORIN_METRICS_ADDR", "127.0.0.1:0");
        // Where covered lines are counted, the program's count too.
        command.envs(std::env::var_os("LLVM_PROFILE_FILE").map(|file| ("LLVM_PROFILE_FILE", file)));
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Returns the program: the one that `FLORIN_BIN` names, or the one built with the tests.
pub fn binary() -> OsString {
    let named = std::env::var_os("FLORIN_BIN").filter(|path| !path.is_empty());
    named.unwrap_or_else(|| env!("CARGO_BIN_EXE_florin").into())
}

/// Holds a program that serves; it is killed when the test ends without stopping it.
pub struct Serving {
    child: Child,
    /// Where it answers.
    pub url: String,
    /// Where it shows its metrics.
    pub metrics_url: String,
    /// What it said before it was ready.
    pub said: Vec<String>,
}

impl Serving {
    /// Starts the program and waits until it has said where it listens.
    pub fn start(command: Command) -> Self {
        Self::try_start(command, Stdio::piped())
            .unwrap_or_else(|error| panic!("the program did not start: {error}"))
    }

    /// Does the same with its log going elsewhere, and gives back what it logged when it does not start.
    pub fn try_start(mut command: Command, log: Stdio) -> Result<Self, String> {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("piped");
        let mut said = Vec::new();
        for line in BufReader::new(stdout).lines() {
            said.push(line.expect("text"));
            if said.last().is_some_and(|line| line.contains("metrics on ")) {
                break;
            }
        }
        let after = |mark: &str| {
            let found = said.iter().find_map(|line| line.split_once(mark).map(|(_, rest)| rest.to_owned()));
            found.unwrap_or_default()
        };
        let (url, metrics_url) = (after("listens on "), after("metrics on "));
        if metrics_url.is_empty() {
            let output = child.wait_with_output().expect("it ended");
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(Self { child, url, metrics_url, said })
    }

    /// Returns the number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, as a service manager does.
    pub fn terminate(&self) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for its end; returns the status and what it logged, unless that went elsewhere.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let mut log = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            std::io::Read::read_to_string(&mut stderr, &mut log).expect("text");
        }
        (self.child.wait().expect("it ended"), log)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Returns the permission bits of a file.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).expect("a file").permissions().mode() & 0o777
}
