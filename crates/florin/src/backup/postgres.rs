//! Backups of PostgreSQL, by its own programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use database::{Database, copies};

use super::restore::Staged;
use crate::config::{Config, PostgresUrl};

/// The database from which others are made and renamed.
const MAINTENANCE: &str = "postgres";

/// Dumps one consistent snapshot into the folder; returns the file's name.
pub(super) fn dump(config: &Config, folder: &Path) -> anyhow::Result<&'static str> {
    let name = "florin.pgdump";
    let url = url(config)?;
    let mut command = program("pg_dump", &url)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(folder.join(name));
    command.arg("--dbname").arg(url.without_password(&url.database()));
    finish(command, "pg_dump")?;
    Ok(name)
}

/// Restores the dump into a database of its own on the configured server, and opens it.
pub(super) async fn stage(config: &Config, dump: &Path) -> anyhow::Result<Staged> {
    let url = url(config)?;
    let name = format!("{}_restoring", url.database());
    let server = server(&url).await?;
    server.remove(&name).await.context("an earlier attempt is still in use")?;
    server.create(&name).await.context("a database to restore into cannot be made")?;
    let mut command = program("pg_restore", &url)?;
    command.args(["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--dbname"]);
    command.arg(url.without_password(&name)).arg(dump);
    let mut options = config.database.clone();
    options.url = url.with_database(&name).into();
    options.read_url = None;
    let restored = finish(command, "pg_restore");
    if let Err(error) = restored {
        server.remove(&name).await.ok();
        return Err(error);
    }
    let db = Database::connect(&options).await.context("the restored database cannot be opened")?;
    Ok(Staged { db, place: name })
}

/// Says whether the configured database exists and holds data.
pub(super) async fn holds_data(config: &Config) -> anyhow::Result<bool> {
    let url = url(config)?;
    if !server(&url).await?.has(&url.database()).await? {
        return Ok(false);
    }
    let db = Database::connect(&config.database).await?;
    let holds = !db.applied_migrations().await?.is_empty();
    db.close().await;
    Ok(holds)
}

/// Renames the proved database into the place of the configured one; returns the name that one has now.
pub(super) async fn swap(config: &Config, staged: Staged, aside: &str) -> anyhow::Result<Option<String>> {
    staged.db.close().await;
    let url = url(config)?;
    let (name, server) = (url.database(), server(&url).await?);
    let mut kept = None;
    if server.has(&name).await? {
        let old = format!("{name}_{}", aside.replace('-', "_"));
        server.rename(&name, &old).await.context("the database is in use: stop Florin first")?;
        kept = Some(old);
    }
    server.rename(&staged.place, &name).await?;
    Ok(kept)
}

/// Drops a database that did not pass.
pub(super) async fn remove(config: &Config, name: &str) -> anyhow::Result<()> {
    Ok(server(&url(config)?).await?.remove(name).await?)
}

fn url(config: &Config) -> anyhow::Result<PostgresUrl> {
    PostgresUrl::parse(config.database.url.expose()).context("DATABASE_URL is no URL of PostgreSQL")
}

async fn server(url: &PostgresUrl) -> anyhow::Result<copies::Server> {
    let server = copies::Server::connect(&url.with_database(MAINTENANCE)).await;
    server.context("the server's database `postgres` cannot be reached, from which others are made")
}

/// Prepares one of PostgreSQL's programs; the password goes by the environment, which others cannot list.
fn program(name: &str, url: &PostgresUrl) -> anyhow::Result<Command> {
    let path = find(name).with_context(|| {
        format!("{name} is neither in PATH nor in /usr/lib/postgresql/*/bin: install postgresql-client")
    })?;
    let mut command = Command::new(path);
    if let Some(password) = url.password() {
        command.env("PGPASSWORD", password);
    }
    command.arg("--no-password");
    Ok(command)
}

fn finish(mut command: Command, name: &str) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("{name} cannot be run"))?;
    if !output.status.success() {
        // Its words name objects of the schema and the server's refusal, not values of rows.
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("{name} failed: {}", words.lines().next().unwrap_or_default());
    }
    ensure!(output.stdout.is_empty(), "{name} wrote to its standard output");
    Ok(())
}

/// Looks in PATH, then for the newest version in Debian's place.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file());
    let version = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    in_path.or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let mut folders: Vec<PathBuf> = versions.flatten().map(|entry| entry.path()).collect();
        folders.sort_by_key(version);
        folders.into_iter().rev().map(|folder| folder.join("bin").join(name)).find(|path| path.is_file())
    })
}
