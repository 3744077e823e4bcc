//! `florin doctor`: what the program rests on, each with a verdict.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use database::{Database, Engine};
use kernel::{Clock, Instant, Random};

use crate::config::{Config, Source};
use crate::say::say;
use crate::serve;

/// Below this much free space writing may soon fail.
const FREE_BYTES: u64 = 1 << 30;
/// From this much difference on one-time passwords and tokens of other machines fail.
const SKEW_SECONDS: i64 = 5;

/// Says how one check ended.
enum Verdict {
    Good(String),
    Warning(String),
    Bad(String),
}

use Verdict::{Bad, Good, Warning};

/// Checks everything, in the order in which one thing rests on another.
pub(crate) async fn run(mut config: Config, source: &Source) -> anyhow::Result<ExitCode> {
    let mut bad = false;
    let mut tell = |what: &str, verdict: Verdict| match verdict {
        Good(detail) => say(format_args!("ok    {what}: {detail}")),
        Warning(detail) => say(format_args!("warn  {what}: {detail}")),
        Bad(detail) => {
            bad = true;
            say(format_args!("BAD   {what}: {detail}"));
        }
    };
    tell("environment", environment(&config, source));
    let completed = config.complete(&Random::system());
    tell(
        "data directory",
        completed
            .as_ref()
            .map_or_else(|error| Bad(format!("{error:#}")), |_| permissions(&config.data_directory)),
    );
    tell("disk", disk(&config.data_directory));
    tell("secrets", secrets(&config, completed.as_deref().unwrap_or_default()));
    tell("tls", tls(&config));
    match Database::connect(&config.database).await {
        Ok(db) => {
            tell("database", Good(format!("{:?} answers", db.engine())));
            tell("schema", schema(&db).await);
            tell("clock", clock(&db, Clock::system().now()).await);
            if db.engine() == Engine::Postgres {
                tell("backup programs", programs());
            }
            db.close().await;
        }
        Err(error) => tell("database", Bad(format!("cannot be opened: {error}"))),
    }
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn environment(config: &Config, source: &Source) -> Verdict {
    let unknown: Vec<&str> = source.unknown().collect();
    if !unknown.is_empty() {
        return Warning(format!("unknown variables: {}", unknown.join(", ")));
    }
    Good(if config.settings.is_production() { "production" } else { "development" }.to_owned())
}

/// The data directory must be writable, and nobody else's to read.
fn permissions(folder: &Path) -> Verdict {
    let probe = folder.join(".doctor");
    if let Err(error) = fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)) {
        return Bad(format!("{} cannot be written: {error}", folder.display()));
    }
    match fs::metadata(folder).map(|metadata| metadata.permissions().mode()) {
        Ok(mode) if mode & 0o077 != 0 => {
            Warning(format!("{} is open to others: chmod 700", folder.display()))
        }
        Ok(_) => Good(folder.display().to_string()),
        Err(error) => Bad(error.to_string()),
    }
}

/// Asks `df`, since the standard library cannot tell.
fn disk(folder: &Path) -> Verdict {
    let output = Command::new("df").args(["--output=avail", "-B1"]).arg(folder).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    match text.lines().nth(1).and_then(|line| line.trim().parse::<u64>().ok()) {
        Some(free) if free < FREE_BYTES => Bad(format!("{} MiB free", free >> 20)),
        Some(free) => Good(format!("{} MiB free", free >> 20)),
        None => Warning("the free space is not known".to_owned()),
    }
}

fn secrets(config: &Config, generated: &[&str]) -> Verdict {
    if !generated.is_empty() {
        return Warning(format!("{} generated for development", generated.join(", ")));
    }
    let (tokens, keys) = (config.settings.jwt_secrets.len(), config.settings.encryption_keys.len());
    Good(format!("{tokens} for tokens, {keys} that seal or open, 1 that signs"))
}

fn tls(config: &Config) -> Verdict {
    match config.tls() {
        Some((certificate, key)) => match serve::tls_check(&certificate, &key) {
            Ok(()) => Good("the certificate and its key fit".to_owned()),
            Err(error) => Bad(format!("{error:#}")),
        },
        None if config.settings.is_production() && config.settings.trusted_proxies.is_empty() => {
            Warning("neither a certificate nor a trusted proxy: who ends TLS?".to_owned())
        }
        None => Good("left to a proxy".to_owned()),
    }
}

async fn schema(db: &Database) -> Verdict {
    match db.pending_migrations().await {
        Ok(pending) if pending.is_empty() => Good("up to date".to_owned()),
        Ok(pending) => Bad(format!("{} migrations are missing: run florin migrate", pending.len())),
        Err(error) => Bad(error.to_string()),
    }
}

/// The database's clock is another machine's: both are wrong together only by chance.
async fn clock(db: &Database, now: Instant) -> Verdict {
    match db.server_time().await {
        Ok(theirs) => {
            let apart = (theirs - now).num_seconds().abs();
            let words = format!("{apart} s apart from the database's");
            if apart > SKEW_SECONDS { Bad(words) } else { Good(words) }
        }
        Err(error) => Bad(error.to_string()),
    }
}

fn programs() -> Verdict {
    let missing: Vec<_> = ["pg_dump", "pg_restore"]
        .into_iter()
        .filter(|name| crate::backup::find_program(name).is_none())
        .collect();
    if missing.is_empty() {
        return Good("pg_dump and pg_restore are there".to_owned());
    }
    Warning(format!("{} missing: install postgresql-client for florin backup", missing.join(" and ")))
}
