//! Ending a connection because its customer wants that.

use std::time::Duration;

use database::Tx;
use kernel::ConnectionId;
use serde_json::json;
use tokio::time::{Instant, interval_at};
use truelayer::{AccessToken, Remedy};

use super::changes::{replace, subject};
use super::opened::opened;
use super::refresh::refreshed;
use super::{customer, reach, to_the_end};
use crate::audit::{self, Event};
use crate::openbanking::{
    Connection, ConnectionEvent, ConnectionStatus, OpenBankingError, store, transition,
};
use crate::reach::OpenBanking;
use crate::{Bank, Caller};

/// How often a change by another process is followed.
const ATTEMPTS: u32 = 5;
/// How often a service is told again that did not hear it, and when first: for a quarter of an hour, well within an access
/// token's life.
const TELLINGS: u32 = 60;
const FIRST: Duration = Duration::from_secs(1);
const BEAT: Duration = Duration::from_secs(15);

/// Ends a connection: at the service, and here, where its tokens are wiped. Ending it twice changes nothing.
///
/// The customer's word counts even when the service cannot be told: it is told again for a quarter of an hour, from memory
/// alone, since the tokens are wiped at once. Then, or when the program ends before, the consent there ends by its time.
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
    to_the_end(async move { end(&bank, &caller, id).await }).await
}

/// Ends a connection whatever else happens to it: whoever gets new tokens meanwhile ends the consent with them.
async fn end(bank: &Bank, caller: &Caller, id: ConnectionId) -> Result<(), OpenBankingError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let row = store::load(bank.db.latest(), id).await?.ok_or(OpenBankingError::NotFound)?;
        if row.status == ConnectionStatus::Revoked {
            return Ok(());
        }
        let unheard = match reach(bank) {
            Ok((reach, _)) => tell(bank, reach, row.clone()).await.err().map(|error| {
                let tokens = opened(reach, &row).ok().flatten();
                (tokens.map(|tokens| tokens.access), error)
            }),
            Err(_) => None,
        };
        // Whatever was changed meanwhile may have brought the tokens with which it can be told.
        match wipe(bank, caller, row).await {
            Err(OpenBankingError::Changed) if attempts < ATTEMPTS => {}
            wiped => {
                if let Some(unheard) = unheard {
                    tokio::spawn(tell_again(bank.clone(), id, unheard));
                }
                return wiped;
            }
        }
    }
}

/// Tells a service that was out of reach, a few times; leaves word when it never hears.
async fn tell_again(
    bank: Bank,
    id: ConnectionId,
    (token, mut error): (Option<AccessToken>, OpenBankingError),
) {
    let mut beat = interval_at(Instant::now() + FIRST, BEAT);
    for _ in 0..TELLINGS {
        let is_passing =
            matches!(&error, OpenBankingError::Service(error) if error.remedy() == Remedy::RetryLater);
        let (Some(token), Ok((reach, _)), true) = (&token, reach(&bank), is_passing) else { break };
        beat.tick().await;
        match reach.client().delete(token).await {
            Ok(()) => return,
            Err(again) => error = again.into(),
        }
    }
    metrics::counter!("florin_openbanking_unheard_revocations_total").increment(1);
    tracing::warn!(connection.id = %id, "the service could not be told that a consent is over: {error}");
}

pub(super) async fn wipe(bank: &Bank, caller: &Caller, row: Connection) -> Result<(), OpenBankingError> {
    let tx = bank.db.begin().await?;
    wipe_in(bank, &tx, caller, row).await?;
    Ok(tx.commit().await?)
}

/// Wipes a connection's tokens and ends it, in a transaction of the caller's.
pub(super) async fn wipe_in(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    row: Connection,
) -> Result<(), OpenBankingError> {
    let status = transition(row.status, ConnectionEvent::Revoked)?;
    let event = Event::new("truelayer.connection_revoked", subject(row.id))
        .change(json!({ "status": row.status }), json!({ "status": status }));
    store::states::delete_of(tx, row.id).await?;
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
    replace(bank, tx, wiped).await?;
    audit::record(bank, tx, caller, event).await?;
    Ok(())
}

/// Deletes the link at the service; an access token that is over is replaced first.
async fn tell(bank: &Bank, reach: &OpenBanking, row: Connection) -> Result<(), OpenBankingError> {
    let Some(tokens) = opened(reach, &row)? else { return Ok(()) };
    match reach.client().delete(&tokens.access).await {
        Err(error) if error.remedy() == Remedy::Refresh => {
            let row = refreshed(bank, row).await?;
            let Some(tokens) = opened(reach, &row)? else { return Ok(()) };
            Ok(reach.client().delete(&tokens.access).await?)
        }
        told => Ok(told?),
    }
}
