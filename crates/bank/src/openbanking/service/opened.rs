//! A connection's tokens, opened.

use kernel::Secret;
use truelayer::{AccessToken, RefreshToken};

use crate::openbanking::Connection;
use crate::reach::OpenBanking;
use crate::sealing::vault::{Column, DataKey, Owner, VaultError};

/// Holds a connection's tokens, open.
pub(super) struct Opened {
    pub(super) key: DataKey,
    pub(super) access: AccessToken,
    pub(super) refresh: Option<RefreshToken>,
    pub(super) previous: Option<RefreshToken>,
}

/// Opens a connection's tokens; none where they were wiped or never came.
///
/// # Errors
/// [`VaultError`] when a key is missing or a text was changed.
pub(super) fn opened(reach: &OpenBanking, row: &Connection) -> Result<Option<Opened>, VaultError> {
    let (Some(data_key), Some(access)) = (&row.data_key, &row.access_token) else { return Ok(None) };
    let owner = Owner { connection: row.id, user: row.user_id };
    let key = reach.vault().open_key(owner, data_key)?;
    let text = |secret: Secret<String>| secret.expose().clone();
    let access = AccessToken::new(text(key.open(Column::Access, access)?));
    let refresh = |sealed: &Option<String>| {
        let opened = sealed.as_ref().map(|sealed| key.open(Column::Refresh, sealed)).transpose()?;
        Ok::<_, VaultError>(opened.map(|token| RefreshToken::new(text(token))))
    };
    let (refresh, previous) = (refresh(&row.refresh_token)?, refresh(&row.previous_refresh_token)?);
    Ok(Some(Opened { key, access, refresh, previous }))
}
