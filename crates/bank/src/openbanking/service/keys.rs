//! The operator's keys of tokens: which of them are in use, and sealing connections' own keys again under the first.

use sea_orm::DbErr;

use super::reach;
use crate::Bank;
use crate::openbanking::{OpenBankingError, store};
use crate::sealing::RewrapError;
use crate::sealing::vault::Owner;

/// How many rows one transaction seals again.
const BATCH: u64 = 200;

/// Says that connections cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Rows are sealed under a key that was not given.
    #[error("connections are sealed under the key {key_id}, which TRUELAYER_ENCRYPTION_KEYS lacks")]
    Missing {
        /// What the key is called: the first 8 hex digits of its SHA-256.
        key_id: String,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] DbErr),
}

/// Makes sure that every connection's key can be opened: better no start than everybody's connection in error.
///
/// # Errors
/// [`KeysError::Missing`], storage.
pub async fn check_keys(bank: &Bank) -> Result<(), KeysError> {
    let Ok((reach, _)) = reach(bank) else { return Ok(()) };
    let used = store::key_ids_in_use(bank.db.latest()).await?;
    match used.into_iter().find(|id| reach.vault().key_ids().all(|given| given != id)) {
        Some(key_id) => Err(KeysError::Missing { key_id }),
        None => Ok(()),
    }
}

/// Shows one of the operator's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// What it is called: the first 8 hex digits of its SHA-256.
    pub key_id: String,
    /// Whether it still seals a connection; one that does not, and is not the first, can be dropped.
    pub is_used: bool,
}

/// Lists the operator's keys, the one that seals first; none while the integration is off.
pub(super) async fn key_states(bank: &Bank) -> Result<Vec<KeyState>, DbErr> {
    let Ok((reach, _)) = reach(bank) else { return Ok(Vec::new()) };
    let used = store::key_ids_in_use(bank.db.read()).await?;
    let state = |id: &str| KeyState { key_id: id.to_owned(), is_used: used.iter().any(|used| used == id) };
    Ok(reach.vault().key_ids().map(state).collect())
}

/// Seals again under the first key what an older one sealed, and tells how many rows it did so far.
///
/// It works in small transactions beside the running service, can be stopped anywhere and started again.
///
/// # Errors
/// [`RewrapError::Seal`] for a row whose key is missing, [`RewrapError::Storage`].
pub async fn rewrap_keys(bank: &Bank, mut progress: impl FnMut(u64)) -> Result<u64, RewrapError> {
    let Ok((reach, _)) = reach(bank) else { return Ok(0) };
    let current = reach.vault().key_ids().next().unwrap_or_default();
    let mut done = 0;
    loop {
        let tx = bank.db.begin().await?;
        let rows = store::under_another_key(&tx, current, BATCH).await?;
        let is_last = u64::try_from(rows.len()).is_ok_and(|found| found < BATCH);
        for (id, user_id, old) in rows {
            let owner = Owner { connection: id, user: user_id };
            let sealed = reach.vault().rewrap_key(&bank.random, owner, &old);
            let (table, column, row) = ("truelayer_connections", "data_key", id.uuid());
            let sealed = sealed.map_err(|_| RewrapError::Seal { table, column, row })?;
            done += store::replace_data_key(&tx, id, (&old, sealed)).await?;
        }
        tx.commit().await?;
        progress(done);
        if is_last {
            return Ok(done);
        }
    }
}

/// Counts connections by the key that seals theirs; the first is the one that seals now.
///
/// # Errors
/// [`OpenBankingError::Off`], storage.
pub(super) async fn keys_in_use(bank: &Bank) -> Result<Vec<(String, i64)>, OpenBankingError> {
    let (reach, _) = reach(bank)?;
    let mut counts = store::count_by_key(bank.db.read()).await?;
    let current = reach.vault().key_ids().next().unwrap_or_default().to_owned();
    if counts.iter().all(|(id, _)| *id != current) {
        counts.push((current.clone(), 0));
    }
    counts.sort_by_key(|(id, _)| *id != current);
    Ok(counts)
}
