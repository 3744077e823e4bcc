//! New tokens put aside on disk while the database cannot take them: without them a connection is lost with the process.
//!
//! A file per pair, `<connection>.<version>.json`, written beside and renamed, and on the disk before it counts. The texts in
//! it are sealed as they are in the database, under the connection's own key. Whatever was put aside is taken in before the service
//! is asked for that connection again, and by the sweep; over tokens that were replaced meanwhile it does nothing.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use kernel::{ConnectionId, Instant};
use serde::{Deserialize, Serialize};

use super::kept::write_tokens;
use crate::Bank;
use crate::openbanking::{Connection, ConnectionStatus, OpenBankingError, store};

/// Holds what a file says.
#[derive(Serialize, Deserialize)]
struct Aside {
    connection: ConnectionId,
    token_version: i64,
    access_token: Option<String>,
    refresh_token: Option<String>,
    previous_refresh_token: Option<String>,
    expires_at: Option<Instant>,
    refreshed_at: Option<Instant>,
}

/// Puts new tokens aside; says whether they are on the disk.
pub(super) async fn put(bank: &Bank, renewed: &Connection) -> bool {
    let Some(folder) = folder(bank) else { return false };
    let aside = Aside {
        connection: renewed.id,
        token_version: renewed.token_version,
        access_token: renewed.access_token.clone(),
        refresh_token: renewed.refresh_token.clone(),
        previous_refresh_token: renewed.previous_refresh_token.clone(),
        expires_at: renewed.expires_at,
        refreshed_at: renewed.refreshed_at,
    };
    match blocking(move || write(&folder, &aside)).await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(connection.id = %renewed.id, %error, "new tokens could not be put aside either");
            false
        }
    }
}

/// Forgets what was put aside and is kept, or counts no more.
pub(super) async fn forget(bank: &Bank, renewed: &Connection) {
    let Some(folder) = folder(bank) else { return };
    let path = folder.join(name(renewed.id, renewed.token_version));
    if let Err(error) = blocking(move || std::fs::remove_file(path)).await {
        // Taken in again it does nothing.
        tracing::warn!(connection.id = %renewed.id, %error, "tokens put aside could not be removed");
    }
}

/// Takes in what was put aside for a connection, or for all; returns how many were kept.
///
/// # Errors
/// [`OpenBankingError::Storage`]: then it stays aside.
pub(super) async fn take_in(bank: &Bank, of: Option<ConnectionId>) -> Result<usize, OpenBankingError> {
    let Some(folder) = folder(bank) else { return Ok(0) };
    let found = blocking(move || read(&folder, of)).await.unwrap_or_else(|error| {
        tracing::error!(%error, "tokens put aside cannot be read");
        Vec::new()
    });
    let mut kept = 0;
    for aside in found {
        let Some(row) = store::load(bank.db.latest(), aside.connection).await? else { continue };
        let sent = Connection { token_version: aside.token_version - 1, ..row.clone() };
        let renewed = Connection {
            status: ConnectionStatus::Active,
            access_token: aside.access_token,
            refresh_token: aside.refresh_token,
            previous_refresh_token: aside.previous_refresh_token,
            expires_at: aside.expires_at,
            token_version: aside.token_version,
            refreshed_at: aside.refreshed_at,
            ..Connection::without_refresh(row)
        };
        match write_tokens(bank, &sent, &renewed).await {
            Ok(_) => kept += 1,
            Err(OpenBankingError::Storage(error)) => return Err(error.into()),
            Err(error) => {
                tracing::info!(connection.id = %renewed.id, "tokens put aside count no more: {error}");
            }
        }
        forget(bank, &renewed).await;
    }
    Ok(kept)
}

fn folder(bank: &Bank) -> Option<PathBuf> {
    bank.settings.open_banking.as_ref().and_then(|settings| settings.aside_directory.clone())
}

fn name(connection: ConnectionId, token_version: i64) -> String {
    format!("{connection}.{token_version}.json")
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn write(folder: &Path, aside: &Aside) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(name(aside.connection, aside.token_version));
    let begun = path.with_extension("part");
    let mut file = File::create(&begun)?;
    file.write_all(&serde_json::to_vec(aside)?)?;
    file.sync_all()?;
    std::fs::rename(begun, path)?;
    // The file's name must survive as well as its content.
    File::open(folder)?.sync_all()
}

/// Reads the files of a connection, or all, the oldest tokens of each first.
fn read(folder: &Path, of: Option<ConnectionId>) -> io::Result<Vec<Aside>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let begins = of.map(|id| format!("{id}.")).unwrap_or_default();
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_one = path.extension().is_some_and(|extension| extension == "json");
        let is_of = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&begins));
        if is_one && is_of {
            found.push(serde_json::from_slice::<Aside>(&std::fs::read(path)?)?);
        }
    }
    found.sort_by_key(|aside| aside.token_version);
    Ok(found)
}
