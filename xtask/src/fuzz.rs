//! Throws what strangers can send at its readers: libFuzzer on the stable compiler, over the package `fuzz`.
//!
//! First the control, a planted fault that must be found; then each target for its time, from the seeds kept in the
//! repository. What was learned stays in `target/fuzz/corpus`, an input that crashes in `target/fuzz/crashes`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::workspace::{cargo, root, target_directory};

/// The target that must crash.
const CONTROL: &str = "planted";
/// How long each target runs: in the battery, in its long form, and how long the control may take.
const SECONDS: u32 = 60;
const LONG_SECONDS: u32 = 30 * 60;
const CONTROL_SECONDS: u32 = 60;

/// What the command line asks for.
struct Wish {
    seconds: u32,
    targets: Vec<String>,
}

/// Runs `cargo xtask fuzz [--long] [--seconds N] [target…]`, or `cargo xtask fuzz --check`, which says within a minute
/// whether the targets still build: they are outside the workspace, where no other check sees them.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    if matches!(arguments, [word] if word == "--check") {
        return check();
    }
    let known = targets()?;
    let wish = read(arguments, &known)?;
    let programs = build()?;
    let control = Target::new(CONTROL, &programs)?.run(CONTROL_SECONDS)?;
    if control.is_clean {
        return Err(format!("the planted fault was not found in {CONTROL_SECONDS} s: this fuzzer is blind"));
    }
    println!("{CONTROL}: the planted fault was found");
    let mut crashed = Vec::new();
    let lanes = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for some in wish.targets.chunks(lanes) {
        let running: Vec<_> = some
            .iter()
            .map(|name| {
                let target = Target::new(name, &programs);
                let (name, seconds) = (name.clone(), wish.seconds);
                (name, std::thread::spawn(move || target?.run(seconds)))
            })
            .collect();
        for (name, thread) in running {
            let ran = thread.join().map_err(|_| format!("{name}: its watcher failed"))??;
            println!("{name}: {}", ran.summary);
            if !ran.is_clean {
                eprintln!("{}", ran.log);
                crashed.push(name);
            }
        }
    }
    if crashed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!("crashed: {}; the inputs are in {}", crashed.join(", "), folder().join("crashes").display()))
}

/// Lists the targets by their files.
fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("fuzz/targets");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let names = entries.flatten().filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<_> = names.filter(|name| name != CONTROL).collect();
    names.sort();
    Ok(names)
}

fn read(arguments: &[String], known: &[String]) -> Result<Wish, String> {
    let mut wish = Wish { seconds: SECONDS, targets: Vec::new() };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--long" => wish.seconds = LONG_SECONDS,
            "--seconds" => {
                let number = words.next().and_then(|word| word.parse().ok());
                wish.seconds = number.ok_or("--seconds takes a number")?;
            }
            name if known.iter().any(|one| one == name) => wish.targets.push(name.to_owned()),
            other => return Err(format!("no target `{other}`; there are {}", known.join(", "))),
        }
    }
    if wish.targets.is_empty() {
        wish.targets = known.to_vec();
    }
    Ok(wish)
}

/// Builds every target and returns the folder that they are in.
///
/// Into the target directory of the release, whose third-party crates are the same; see `fuzz/Cargo.toml`.
fn build() -> Result<PathBuf, String> {
    let package = root().join("fuzz");
    let mut command = cargo_in(&package, "build")?;
    command.args(["--release", "--quiet"]).env("RUSTC_WRAPPER", package.join("rustc.sh"));
    if !succeeds(command)? {
        return Err("the targets do not build".to_owned());
    }
    Ok(target_directory().join("release"))
}

/// Lints every target, without the counters and into the files of the debug build.
fn check() -> Result<ExitCode, String> {
    let mut command = cargo_in(&root().join("fuzz"), "clippy")?;
    command.args(["--quiet", "--", "-D", "warnings"]);
    if !succeeds(command)? {
        return Err("the targets do not build, or not without a warning".to_owned());
    }
    Ok(ExitCode::SUCCESS)
}

/// Begins a command of cargo over the package, with the workspace's versions.
fn cargo_in(package: &Path, verb: &str) -> Result<Command, String> {
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock"))
        .map_err(|error| format!("fuzz/Cargo.lock: {error}"))?;
    let mut command = cargo();
    command
        .arg(verb)
        .arg("--manifest-path")
        .arg(package.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", target_directory());
    Ok(command)
}

fn succeeds(mut command: Command) -> Result<bool, String> {
    Ok(command.status().map_err(|error| format!("cargo: {error}"))?.success())
}

fn folder() -> PathBuf {
    target_directory().join("fuzz")
}

/// One target with its folders.
struct Target {
    name: String,
    program: PathBuf,
}

/// What came of a run.
struct Ran {
    is_clean: bool,
    summary: String,
    log: String,
}

impl Target {
    fn new(name: &str, programs: &Path) -> Result<Self, String> {
        let target = Self { name: name.to_owned(), program: programs.join(name) };
        for kind in ["corpus", "crashes", "temporary"] {
            let folder = target.folder(kind);
            fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        Ok(target)
    }

    fn folder(&self, kind: &str) -> PathBuf {
        folder().join(kind).join(&self.name)
    }

    /// Runs it for so many seconds. libFuzzer ends by itself: after its time, or after an input of ten seconds.
    fn run(&self, seconds: u32) -> Result<Ran, String> {
        let mut command = Command::new(&self.program);
        command
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", self.folder("crashes").display()))
            .args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=8192", "-print_final_stats=1"])
            .arg(self.folder("corpus"))
            .env("TMPDIR", self.folder("temporary"))
            .env_remove("FLORIN_TEST_DATABASE_URL")
            .stdin(Stdio::null());
        let seeds = root().join("fuzz/seeds").join(&self.name);
        if seeds.is_dir() {
            command.arg(seeds);
        }
        let output = command.output().map_err(|error| format!("{}: {error}", self.program.display()))?;
        // The bank that a target made for itself is left behind: libFuzzer ends without saying goodbye.
        let _ = fs::remove_dir_all(self.folder("temporary"));
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_clean = output.status.success();
        let summary = if is_clean { summary(&log) } else { "CRASHED".to_owned() };
        Ok(Ran { is_clean, summary, log: tail(&log) })
    }
}

/// Says in a line how much was tried and reached, from libFuzzer's last words.
fn summary(log: &str) -> String {
    let figure = |name: &str| {
        let line = log.lines().rev().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
        line.map(|line| line.trim_start_matches(':').trim().to_owned()).unwrap_or_default()
    };
    let covered = log.lines().rev().find_map(|line| line.split("cov: ").nth(1)?.split(' ').next());
    format!(
        "{} inputs, {}/s, {} places reached",
        figure("number_of_executed_units"),
        figure("average_exec_per_sec"),
        covered.unwrap_or("no")
    )
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_read_from_the_last_words() {
        let log = "#2 INITED cov: 3 ft: 4 corp: 1/1b\n#9 DONE cov: 17 ft: 20\nstat::number_of_executed_units: 900\n\
                   stat::average_exec_per_sec:     450\n";
        assert_eq!(summary(log), "900 inputs, 450/s, 17 places reached");
    }

    #[test]
    fn the_command_line_names_targets_and_time() {
        let known = ["money", "token"].map(str::to_owned);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let wish = read(&words("--seconds 5 token"), &known).expect("a wish");
        assert_eq!((wish.seconds, wish.targets), (5, vec!["token".to_owned()]));
        assert_eq!(read(&[], &known).expect("all").targets, known);
        assert!(read(&words("purse"), &known).is_err());
        assert!(read(&words("--seconds"), &known).is_err());
    }
}
