//! API keys: made by a signed-in user, limited to part of what the user may do, ended at any time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use database::Tx;
use kernel::{ApiKeyId, Secret};
use serde_json::{Value, json};

use super::epoch;
use super::principal::KEY_PREFIX;
use super::session::sha256;
use crate::audit::{self, Event, Subject};
use crate::identity::model::{ApiKey, IdentityError, scope_text};
use crate::identity::store::{credentials, epoch as epoch_row};
use crate::{Bank, Caller, Permission, Permissions};

/// How long a key may live.
const LONGEST_DAYS: i64 = 366;

/// Describes a key that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Permissions,
    /// After how many days it ends.
    pub days: i64,
}

/// Makes a key in the caller's transaction; its text is shown this once.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::ScopeTooWide`] for more than the caller may, or for
/// managing keys and profiles, which stays with people; [`IdentityError::LifeTooLong`].
pub async fn create(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    new: NewApiKey,
) -> Result<(ApiKey, Secret<String>), IdentityError> {
    caller.require(Permission::ManageApiKeys)?;
    let user_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    let personal = [Permission::ManageApiKeys, Permission::ManageProfile];
    let is_personal = personal.into_iter().any(|one| new.scopes.contains(one));
    if new.scopes == Permissions::NONE || is_personal || !caller.permissions.includes(new.scopes) {
        return Err(IdentityError::ScopeTooWide);
    }
    if !(1..=LONGEST_DAYS).contains(&new.days) {
        return Err(IdentityError::LifeTooLong { most_days: LONGEST_DAYS });
    }
    let now = bank.now();
    let id = ApiKeyId::generate(now, &bank.random);
    let secret = Secret::new(URL_SAFE_NO_PAD.encode(bank.random.bytes::<32>()));
    let row = ApiKey {
        id,
        user_id,
        name: new.name,
        hash: sha256(secret.expose()),
        scopes: scope_text(new.scopes),
        created_at: now,
        expires_at: now + Duration::days(new.days),
        last_used_at: None,
        revoked_at: None,
    };
    credentials::insert_key(tx, row.clone()).await?;
    let event = Event::new("api_key.create", Subject::new("api_key", id));
    let after = json!({ "scopes": row.scopes, "expires_at": row.expires_at });
    audit::record(bank, tx, caller, event.change(Value::Null, after)).await?;
    Ok((row, key_text(id, &secret)))
}

fn key_text(id: ApiKeyId, secret: &Secret<String>) -> Secret<String> {
    let text = id.to_string();
    let bare = text.strip_prefix(ApiKeyId::PREFIX).unwrap_or(&text).trim_start_matches('_');
    Secret::new(format!("{KEY_PREFIX}{bare}_{}", secret.expose()))
}

/// Lists the caller's keys that nobody has revoked, newest first.
///
/// # Errors
/// [`IdentityError::Forbidden`].
pub async fn list(bank: &Bank, caller: &Caller) -> Result<Vec<ApiKey>, IdentityError> {
    caller.require(Permission::ManageApiKeys)?;
    let user_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    Ok(credentials::keys(bank.db.read(), user_id).await?)
}

/// Ends one of the caller's keys.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::NotFound`].
pub async fn revoke(bank: &Bank, caller: &Caller, id: ApiKeyId) -> Result<(), IdentityError> {
    caller.require(Permission::ManageApiKeys)?;
    let user_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    let tx = bank.db.begin().await?;
    if !credentials::revoke_key(&tx, user_id, id, bank.now()).await? {
        return Err(IdentityError::NotFound);
    }
    audit::record(bank, &tx, caller, Event::new("api_key.revoke", Subject::new("api_key", id))).await?;
    epoch_row::raise(&tx).await?;
    tx.commit().await?;
    epoch::forget(bank);
    Ok(())
}
