//! Ending a connection because its customer wants that.

use kernel::ConnectionId;
use serde_json::json;
use truelayer::{AccessToken, Client, RefreshToken, Remedy};

use super::changes::{replace, subject};
use super::opened::opened;
use super::{customer, reach};
use crate::audit::{self, Event};
use crate::openbanking::{
    Connection, ConnectionEvent, ConnectionStatus, OpenBankingError, store, transition,
};
use crate::reach::OpenBanking;
use crate::{Bank, Caller};

/// How often a change by another process is followed.
const ATTEMPTS: u32 = 5;

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
    let done = tokio::spawn(async move { end(&bank, &caller, row).await }).await;
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// Ends a connection whatever else happens to it: new tokens that arrive meanwhile are the ones to be ended.
async fn end(bank: &Bank, caller: &Caller, mut row: Connection) -> Result<(), OpenBankingError> {
    let reach = reach(bank).ok().map(|(reach, _)| reach);
    let _turn = match reach {
        Some(reach) => Some(reach.turn(row.id).await),
        None => None,
    };
    let mut attempts = 0;
    loop {
        row = store::load(bank.db.latest(), row.id).await?.ok_or(OpenBankingError::NotFound)?;
        if row.status == ConnectionStatus::Revoked {
            return Ok(());
        }
        if let Some(reach) = reach {
            tell(reach, &row).await;
        }
        attempts += 1;
        match wipe(bank, caller, row.clone()).await {
            Err(OpenBankingError::Changed) if attempts < ATTEMPTS => {}
            wiped => return wiped,
        }
    }
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
        ..Connection::without_refresh(row)
    };
    replace(bank, &tx, wiped).await?;
    audit::record(bank, &tx, caller, event).await?;
    tx.commit().await?;
    Ok(())
}

async fn tell(reach: &OpenBanking, row: &Connection) {
    let told = match opened(reach, row) {
        Ok(Some(opened)) => delete(reach.client(), &opened.access, opened.refresh.as_ref()).await,
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
