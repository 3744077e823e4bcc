//! A throw-away PostgreSQL server: made from the programs on this machine, gone afterwards.
//!
//! The server runs under a guardian, a small shell in a process group of its own. It stops the server
//! and removes the folder when its standard input ends, which happens however this program ends: at
//! the end of its work, by Ctrl-C, or killed. The standard library cannot catch a signal; this can.
//!
//! PostgreSQL refuses to run as root, so root hands the folder to `postgres`, else `nobody`
//! (`initdb` demands a user that has a name).

mod programs;

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

pub(crate) use programs::{HOW_TO_INSTALL, Programs};

/// How long a server may take until it accepts connections; an idle machine needs a second.
const START_LIMIT: Duration = Duration::from_mins(1);

/// The guardian: starts the server, waits for the end of its input, stops the server, cleans up.
const GUARDIAN: &str = r#"
trap '' INT TERM HUP
folder=$1; shift
"$@" </dev/null >"$folder/log" 2>&1 &
server=$!
while read -r _; do :; done
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf -- "$folder"
"#;

/// Runs `cargo xtask postgres [--durable|--measured] -- <command…>`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let (options, command) = match arguments.iter().position(|word| word == "--") {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (&arguments[..0], arguments),
    };
    let writes = match options {
        [] => Writes::Fast,
        [option] if option == "--durable" => Writes::Durable,
        [option] if option == "--measured" => Writes::Measured,
        _ => return Err(format!("unknown options {options:?}")),
    };
    let (program, words) = command.split_first().ok_or("no command given after `--`")?;
    let programs = Programs::find().ok_or(HOW_TO_INSTALL)?;
    let server = Server::start(&programs, writes)?;
    let status = Command::new(program)
        .args(words)
        .env("FLORIN_PG_URL", server.url())
        .env("FLORIN_TEST_DATABASE_URL", server.url())
        .status()
        .map_err(|error| format!("{program}: {error}"))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Says whether the server waits for the disk; only tests that crash machines need it to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    Fast,
    Durable,
    /// Durable, and with the memory that a server has which is measured.
    Measured,
}

/// A running server; dropping it stops it and removes its folder.
pub(crate) struct Server {
    folder: PathBuf,
    guardian: Child,
}

/// The user that the server runs as, where it is not ours.
#[derive(Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl Server {
    /// Makes a fresh cluster and returns once it accepts connections on its Unix socket.
    pub(crate) fn start(programs: &Programs, writes: Writes) -> Result<Self, String> {
        let folder = make_folder()?;
        // Root's own folder belongs to uid 0: the file system says who we are without a system call.
        let is_root = fs::metadata(&folder).is_ok_and(|metadata| metadata.uid() == 0);
        let user = if is_root { Some(unprivileged_user()?) } else { None };
        let started = hand_over(&folder, user)
            .and_then(|()| initialize(programs, &folder, user))
            .and_then(|()| guard(programs, &folder, user, writes));
        let guardian = started.inspect_err(|_| {
            let _ = fs::remove_dir_all(&folder);
        })?;
        let server = Self { folder, guardian };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Returns the address of its first database for `DATABASE_URL`-like settings.
    pub(crate) fn url(&self) -> String {
        format!("postgres://florin@localhost/postgres?host={}", self.folder.display())
    }

    fn wait_until_ready(&self) -> Result<(), String> {
        let pid_file = self.folder.join("data/postmaster.pid");
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            // The last line of this file is the server's state, as `pg_ctl` reads it.
            if fs::read_to_string(&pid_file).is_ok_and(|text| text.trim_end().ends_with("ready")) {
                return Ok(());
            }
            pause();
        }
        Err(format!("PostgreSQL did not start:\n{}", tail(&self.folder.join("log"))))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        let _ = self.guardian.wait();
    }
}

fn make_folder() -> Result<PathBuf, String> {
    // A socket's path is limited to 107 bytes; a long TMPDIR (macOS has one) would not fit.
    let temporary = Some(std::env::temp_dir()).filter(|path| path.as_os_str().len() < 60);
    let temporary = temporary.unwrap_or_else(|| PathBuf::from("/tmp"));
    (0..1_000)
        .map(|attempt| temporary.join(format!("florin-postgres-{}-{attempt}", std::process::id())))
        .find(|folder| fs::DirBuilder::new().mode(0o700).create(folder).is_ok())
        .ok_or_else(|| format!("cannot create a folder in {}", temporary.display()))
}

fn unprivileged_user() -> Result<User, String> {
    let passwd = fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| parse_user(&passwd, name))
        .ok_or_else(|| "running as root, and there is no user `postgres` or `nobody` to run as".to_owned())
}

fn parse_user(passwd: &str, name: &str) -> Option<User> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut ids = line.split(':').skip(2).map(str::parse);
    Some(User { uid: ids.next()?.ok()?, gid: ids.next()?.ok()? })
}

fn hand_over(folder: &Path, user: Option<User>) -> Result<(), String> {
    let Some(User { uid, gid }) = user else { return Ok(()) };
    chown(folder, Some(uid), Some(gid)).map_err(|error| format!("chown {}: {error}", folder.display()))
}

fn initialize(programs: &Programs, folder: &Path, user: Option<User>) -> Result<(), String> {
    let output = become_user(Command::new(programs.initdb()), user)
        .args(["-U", "florin", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
        .arg(folder.join("data"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", programs.initdb().display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("initdb failed:\n{}", String::from_utf8_lossy(&output.stderr)))
}

fn guard(programs: &Programs, folder: &Path, user: Option<User>, writes: Writes) -> Result<Child, String> {
    let mut guardian = become_user(Command::new("/bin/sh"), user);
    guardian.args(["-c", GUARDIAN, "guardian"]).arg(folder).arg(programs.postgres());
    guardian.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
    // Each test has its own database and several pools: far more than the default 100 connections.
    guardian.args(["-c", "listen_addresses=", "-c", "max_connections=400"]);
    guardian.args(match writes {
        Writes::Fast => &["-c", "fsync=off", "-c", "full_page_writes=off"][..],
        Writes::Durable => &[],
        Writes::Measured => {
            &["-c", "shared_buffers=2GB", "-c", "max_wal_size=8GB", "-c", "checkpoint_timeout=30min"]
        }
    });
    guardian
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{}: {error}", programs.postgres().display()))
}

/// Prepares `command` to run as `user`, from a folder that every user may enter.
fn become_user(mut command: Command, user: Option<User>) -> Command {
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    command.current_dir("/");
    command
}

#[expect(clippy::disallowed_methods, reason = "a server that starts cannot be awaited without a runtime")]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

/// Reads the last few lines of a log.
fn tail(path: &Path) -> String {
    let mut text = String::new();
    let read = fs::File::open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(4_000)))?;
        file.read_to_string(&mut text)
    });
    read.map_or_else(|error| format!("{}: {error}", path.display()), |_| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_read_from_the_passwd_entry() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533:nobody:/:/bin/false\n";
        let user = parse_user(passwd, "nobody").expect("an entry");
        assert_eq!((user.uid, user.gid), (65534, 65533));
        assert!(parse_user(passwd, "postgres").is_none());
    }

    #[test]
    fn a_server_starts_and_leaves_nothing_behind() {
        let Some(programs) = Programs::find() else { return };
        let server = Server::start(&programs, Writes::Fast).expect("a server");
        let folder = server.folder.clone();
        assert!(folder.join(".s.PGSQL.5432").exists(), "it listens on its socket");
        drop(server);
        assert!(!folder.exists(), "the folder is removed");
    }
}
