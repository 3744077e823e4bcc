//! A PostgreSQL server of a test's own, which it may kill, freeze or starve.
//!
//! PostgreSQL refuses to run as root, so root hands the folder to `postgres`, else `nobody`, as `cargo xtask` does for
//! the servers that tests share.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::limits::{lacks, pause};
use crate::program::Folder;

/// How long a server may take until it accepts connections, recovery included.
const START_LIMIT: Duration = Duration::from_mins(1);

/// A cluster, and its server while that runs. It waits for the disk.
pub struct Server {
    // Holds socket, log and, unless they are elsewhere, the data.
    folder: Folder,
    data: PathBuf,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    settings: Vec<String>,
    postmaster: Option<Child>,
}

impl Server {
    /// Makes a cluster and starts it with settings; `None` where PostgreSQL is missing, after saying so.
    pub async fn start(settings: &[&str]) -> Option<Self> {
        let folder = Folder::new();
        let data = folder.path("cluster");
        Self::start_on(folder, data, settings).await
    }

    /// Does the same with the data in a folder of the caller's.
    pub async fn start_on(folder: Folder, data: PathBuf, settings: &[&str]) -> Option<Self> {
        let Some(programs) = programs() else {
            lacks("PostgreSQL (Debian's package postgresql)");
            return None;
        };
        let is_root = std::fs::metadata(folder.path(".")).expect("a folder").uid() == 0;
        let user = is_root.then(unprivileged_user);
        if let Some((uid, gid)) = user {
            chown(folder.path("."), Some(uid), Some(gid)).expect("root may");
        }
        // The port is free now; nobody else takes one of these at random.
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|bound| bound.local_addr()).expect("a port").port();
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut server = Self { folder, data, programs, user, port, settings, postmaster: None };
        let mut initdb = server.command("initdb");
        initdb.args([
            "-U",
            "florin",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "-k",
            "-D",
        ]);
        let made = initdb.arg(&server.data).output().expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        server.resume().await;
        Some(server)
    }

    /// Returns the URL of its database by its socket.
    pub fn url(&self) -> String {
        format!("postgres://florin@localhost:{}/postgres?host={}", self.port, self.folder.path("").display())
    }

    /// Returns where it listens on the loopback.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Kills the postmaster, and with it all its sessions: SIGKILL.
    pub fn kill(&mut self) {
        let mut postmaster = self.postmaster.take().expect("a server that runs");
        postmaster.kill().expect("killed");
        postmaster.wait().expect("gone");
    }

    /// Starts it again, unless it still runs or brought itself up again.
    pub async fn ensure(&mut self) {
        let ended = self.postmaster.as_mut().is_none_or(|child| child.try_wait().expect("a child").is_some());
        if ended {
            self.postmaster = None;
            self.resume().await;
        }
    }

    /// Starts it again on its data and waits until it accepts connections. Returns how long that took.
    pub async fn resume(&mut self) -> Duration {
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            if let Some(postmaster) = self.attempt().await {
                self.postmaster = Some(postmaster);
                return begun.elapsed();
            }
            // The sessions of a killed postmaster end by and by, and hold its memory until then.
            pause(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL did not start:\n{}", self.log());
    }

    /// Reads what it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path("postgres.log")).unwrap_or_default()
    }

    /// Starts it and waits until it is ready or has ended.
    async fn attempt(&self) -> Option<Child> {
        let log = std::fs::File::options().create(true).append(true).open(self.folder.path("postgres.log"));
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.data).arg("-k").arg(self.folder.path(""));
        command.args([
            "-p",
            &self.port.to_string(),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "max_connections=200",
        ]);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let mut postmaster = command.stderr(log.expect("a log")).spawn().expect("postgres starts");
        let state = self.data.join("postmaster.pid");
        let begun = Instant::now();
        while postmaster.try_wait().expect("a child").is_none() && begun.elapsed() < START_LIMIT {
            let text = std::fs::read_to_string(&state).unwrap_or_default();
            // The first line is whose file it is, the last one the server's state.
            if text.starts_with(&format!("{}\n", postmaster.id())) && text.trim_end().ends_with("ready") {
                return Some(postmaster);
            }
            pause(Duration::from_millis(20)).await;
        }
        let _ = postmaster.kill();
        let _ = postmaster.wait();
        None
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else { return };
        // SIGQUIT ends all sessions at once and leaves no shared memory behind.
        let told = Command::new("kill").args(["-QUIT", &postmaster.id().to_string()]).status();
        if !told.is_ok_and(|status| status.success()) {
            let _ = postmaster.kill();
        }
        let _ = postmaster.wait();
    }
}

/// Finds the folder of PostgreSQL's programs: `FLORIN_PG_BIN`, the PATH, then Debian's folders, newest first.
pub fn programs() -> Option<PathBuf> {
    let has_both = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    if let Some(named) = std::env::var_os("FLORIN_PG_BIN") {
        return Some(PathBuf::from(named)).filter(has_both);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|entry| entry.path()).collect();
    let number = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    versions.sort_by_key(|path| std::cmp::Reverse(number(path)));
    folders.extend(versions.into_iter().map(|version| version.join("bin")));
    folders.into_iter().find(has_both)
}

fn unprivileged_user() -> (u32, u32) {
    let passwd = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    let entry = |name: &str| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map(str::parse);
        Some((ids.next()?.ok()?, ids.next()?.ok()?))
    };
    ["postgres", "nobody"].into_iter().find_map(entry).expect("a user `postgres` or `nobody`")
}
