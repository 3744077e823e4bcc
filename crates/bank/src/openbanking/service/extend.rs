//! Extending a consent that its customer has just confirmed here, without another visit to the bank where it allows that.
//!
//! The service knows three answers: it is done, the customer has to go to the bank, or it cannot be done this way. Then, and
//! for a connection that is over already, a new link on the same row does it, so that a customer always gets on.

use kernel::ConnectionId;
use truelayer::{Call, Extended, Extension, LinkUser, Remedy, ResponseMode, Tokens};
use url::Url;

use super::begin::{Begin, Begun, Way, begin};
use super::changes::{replace, subject};
use super::complete::country;
use super::kept::{Answer, keep};
use super::opened::{Opened, opened};
use super::reader::with_fresh_token;
use super::refresh::{Leased, lease};
use super::{alarm, code, customer, reach, to_the_end};
use crate::audit::{self, Event};
use crate::identity::service::find_me;
use crate::openbanking::{Connection, ConnectionStatus, ConsentRules, OpenBankingError, store};
use crate::{Bank, Caller};

/// How often a change by somebody else is followed.
const ATTEMPTS: u32 = 5;

/// Says what an extension takes.
#[derive(Clone, Debug)]
pub enum Extending {
    /// Nothing more: the consent goes on.
    Done(Box<Connection>),
    /// The customer goes to the bank.
    Go(Begun),
}

/// Extends the consent of one's own connection, or says where its customer has to go for that.
///
/// Whoever calls this has shown the customer what is consented to, and got a yes.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NeedsPerson`], [`OpenBankingError::Off`],
/// [`OpenBankingError::NotFound`], [`OpenBankingError::TooLate`] for one that was taken back,
/// [`OpenBankingError::Busy`] while its tokens are being replaced, what the service says.
pub async fn extend(bank: &Bank, caller: &Caller, id: ConnectionId) -> Result<Extending, OpenBankingError> {
    let user = customer(caller)?;
    let (reach, _) = reach(bank)?;
    let row = store::find(bank.db.latest(), id, user).await?.ok_or(OpenBankingError::NotFound)?;
    // The service wants to see a token that is not over.
    if row.status != ConnectionStatus::Active || with_fresh_token(bank, row).await.is_err() {
        return anew(bank, caller, id).await;
    }
    let turn = reach.turn(id).await;
    let row = store::find(bank.db.latest(), id, user).await?.ok_or(OpenBankingError::NotFound)?;
    let (bank, caller) = (bank.clone(), caller.clone());
    // Both tokens may be replaced: what was asked is kept even when the caller hangs up.
    to_the_end(async move {
        let _turn = turn;
        ask(&bank, &caller, row).await
    })
    .await
}

/// Leads through a new link on the same row.
async fn anew(bank: &Bank, caller: &Caller, id: ConnectionId) -> Result<Extending, OpenBankingError> {
    begin(bank, caller, Begin { connection_id: Some(id), provider_id: None }).await.map(Extending::Go)
}

async fn ask(bank: &Bank, caller: &Caller, row: Connection) -> Result<Extending, OpenBankingError> {
    let (reach, settings) = reach(bank)?;
    let id = row.id;
    let Some(Opened { key, access, refresh: Some(refresh), .. }) = opened(reach, &row)? else {
        return anew(bank, caller, id).await;
    };
    let user = confirmer(bank, caller).await?;
    let way = Way::new(bank);
    let leased = lease(bank, &row).await?.ok_or(OpenBankingError::Busy)?;
    let extension = Extension {
        refresh_token: &refresh,
        access_token: Some(&access),
        user: &user,
        has_reconfirmed: true,
        redirect_uri: &settings.redirect_uri,
        state: &way.state,
        challenge: &way.verifier.challenge(),
        response_mode: ResponseMode::Query,
    };
    match reach.client().extend(&extension).await {
        Ok(Extended::Done(brought)) => {
            let answer = Answer { brought: brought.clone(), sent: refresh, of_previous: false };
            let kept = keep(bank, &leased.row, (&key, answer)).await?;
            done(bank, caller, (kept, &brought)).await
        }
        Ok(Extended::Authenticate(url) | Extended::Reconfirm(url)) => {
            go(bank, caller, (&leased, way, url)).await
        }
        Err(error) => {
            let is_marked = leased.is_ambiguous || error.is_ambiguous();
            release(bank, &leased, is_marked).await?;
            match error.remedy() {
                Remedy::Alarm => {
                    alarm(&error);
                    Err(error.into())
                }
                Remedy::RetryLater => Err(error.into()),
                // Not in this country, not by this program, not any more: the long way serves them all.
                _ => {
                    tracing::info!(connection.id = %id, code = code(&error), "a consent could not be extended");
                    anew(bank, caller, id).await
                }
            }
        }
    }
}

/// Names the customer to the service, which must know who confirmed.
async fn confirmer(bank: &Bank, caller: &Caller) -> Result<LinkUser, OpenBankingError> {
    let (user, ..) = find_me(bank, caller).await.map_err(|_| OpenBankingError::NeedsPerson)?;
    Ok(LinkUser { id: Some(user.id.to_string()), name: user.full_name, email: Some(user.email), phone: None })
}

async fn release(bank: &Bank, leased: &Leased, is_marked: bool) -> Result<(), OpenBankingError> {
    let tx = bank.db.begin().await?;
    store::release(&tx, &leased.row, is_marked).await?;
    Ok(tx.commit().await?)
}

/// Sends the customer to the bank, from where they come back as from any link.
async fn go(
    bank: &Bank,
    caller: &Caller,
    (leased, way, url): (&Leased, Way, Url),
) -> Result<Extending, OpenBankingError> {
    let tx = bank.db.begin().await?;
    store::release(&tx, &leased.row, leased.is_ambiguous).await?;
    way.keep(bank, &tx, (caller, &leased.row)).await?;
    tx.commit().await?;
    Ok(Extending::Go(way.to(leased.row.id, url)))
}

/// Writes down until when the consent stands now; the tokens are kept already.
async fn done(
    bank: &Bank,
    caller: &Caller,
    (kept, brought): (Connection, &Tokens),
) -> Result<Extending, OpenBankingError> {
    let (reach, _) = reach(bank)?;
    let confirmed_at = bank.now();
    let call = Call { token: &brought.access_token, user: caller.address, correlation_id: None };
    let provider_says = match reach.client().me(&call).await {
        Ok(me) => me.first().and_then(|me| me.consent_expires_at.as_ref()).map(|ends| ends.at),
        Err(error) => {
            tracing::warn!(connection.id = %kept.id, "the end of a consent goes by its country: {error}");
            None
        }
    };
    let of = country(kept.provider_id.as_deref().unwrap_or_default());
    let ends_at = ConsentRules::default().ends_at(of, confirmed_at, provider_says);
    let (mut row, mut attempts) = (kept, 0);
    loop {
        attempts += 1;
        let before = serde_json::json!({ "consent_expires_at": row.consent_expires_at });
        let extended = Connection {
            consented_at: Some(confirmed_at),
            consent_expires_at: Some(ends_at),
            reminded_days: None,
            ..row.clone()
        };
        let event = Event::new("truelayer.connection_extended", subject(row.id))
            .change(before, serde_json::json!({ "consent_expires_at": ends_at }));
        let tx = bank.db.begin().await?;
        match replace(bank, &tx, extended.clone()).await {
            Ok(()) => {
                audit::record(bank, &tx, caller, event).await?;
                tx.commit().await?;
                return Ok(Extending::Done(Box::new(extended)));
            }
            Err(OpenBankingError::Changed) if attempts < ATTEMPTS => {}
            Err(error) => return Err(error),
        }
        drop(tx);
        row = store::load(bank.db.latest(), row.id).await?.ok_or(OpenBankingError::NotFound)?;
        if row.status != ConnectionStatus::Active {
            return Err(OpenBankingError::Changed);
        }
    }
}
