//! Ending a connection because its customer wants that.

use kernel::{ConnectionId, Secret};
use serde_json::json;
use truelayer::{AccessToken, Client, RefreshToken, Remedy};

use super::changes::{replace, subject};
use super::{customer, reach};
use crate::audit::{self, Event};
use crate::openbanking::{
    Connection, ConnectionEvent, ConnectionStatus, OpenBankingError, store, transition,
};
use crate::reach::OpenBanking;
use crate::sealing::vault::{Column, Owner, VaultError};
use crate::{Bank, Caller};

/// Ends a connection: at the service, and here, where its tokens are wiped. Ending it twice changes nothing.
///
/// The customer's word counts even when the service cannot be told: then the consent there ends by its time.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NeedsPerson`], [`OpenBankingError::NotFound`],
/// [`OpenBankingError::Changed`].
pub async fn revoke(bank: &Bank, caller: &Caller, id: ConnectionId) -> Result<(), OpenBankingError> {
    let user = customer(caller)?;
    let row = store::find(bank.db.latest(), id, user).await?.ok_or(OpenBankingError::NotFound)?;
    if row.status == ConnectionStatus::Revoked {
        return Ok(());
    }
    let (bank, caller) = (bank.clone(), caller.clone());
    // What was said to the service is written down even when the caller hangs up.
    let done = tokio::spawn(async move {
        if let Ok((reach, _)) = reach(&bank) {
            tell(reach, &row).await;
        }
        wipe(&bank, &caller, row).await
    });
    done.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

async fn wipe(bank: &Bank, caller: &Caller, row: Connection) -> Result<(), OpenBankingError> {
    let tx = bank.db.begin().await?;
    let status = transition(row.status, ConnectionEvent::Revoked)?;
    let event = Event::new("truelayer.connection_revoked", subject(row.id))
        .change(json!({ "status": row.status }), json!({ "status": status }));
    store::delete_states_of(&tx, row.id).await?;
    let wiped = Connection {
        status,
        end_reason: None,
        credentials_id: None,
        data_key: None,
        access_token: None,
        refresh_token: None,
        expires_at: None,
        ..row
    };
    replace(bank, &tx, wiped).await?;
    audit::record(bank, &tx, caller, event).await?;
    tx.commit().await?;
    Ok(())
}

async fn tell(reach: &OpenBanking, row: &Connection) {
    let told = match tokens(reach, row) {
        Ok(Some((access, refresh))) => delete(reach.client(), &access, refresh.as_ref()).await,
        Ok(None) => return,
        Err(error) => {
            tracing::error!(connection.id = %row.id, "{error}");
            return;
        }
    };
    if let Err(error) = told {
        tracing::warn!(connection.id = %row.id, %error, "the service could not be told that a consent is over");
    }
}

/// Deletes the link; an access token that is over is replaced once, for this alone.
async fn delete(
    client: &Client,
    access: &AccessToken,
    refresh: Option<&RefreshToken>,
) -> Result<(), truelayer::Error> {
    match (client.delete(access).await, refresh) {
        (Err(error), Some(refresh)) if error.remedy() == Remedy::Refresh => {
            let tokens = client.refresh(refresh).await?;
            client.delete(&tokens.access_token).await
        }
        (answer, _) => answer,
    }
}

fn tokens(
    reach: &OpenBanking,
    row: &Connection,
) -> Result<Option<(AccessToken, Option<RefreshToken>)>, VaultError> {
    let (Some(data_key), Some(access)) = (&row.data_key, &row.access_token) else { return Ok(None) };
    let owner = Owner { connection: row.id, user: row.user_id };
    let key = reach.vault().open_key(owner, data_key)?;
    let text = |secret: Secret<String>| secret.expose().clone();
    let access = AccessToken::new(text(key.open(Column::Access, access)?));
    let refresh = row.refresh_token.as_ref().map(|sealed| key.open(Column::Refresh, sealed)).transpose()?;
    Ok(Some((access, refresh.map(|token| RefreshToken::new(text(token))))))
}
