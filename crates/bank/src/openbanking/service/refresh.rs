//! New tokens for a connection: asked for once at a time, and kept before anybody hears of them.
//!
//! 1. Within a process one caller asks; the others wait for it and take what it got.
//! 2. The row is leased, and marked as asked for, in one statement: across processes one caller asks, and a crash
//!    leaves the mark. Whoever finds it knows that an answer may be lost.
//! 3. The service is asked, in a task that a caller who hangs up does not end.
//! 4. Its answer is kept by one transaction, over the tokens that were sent and no others.
//!
//! Between 3 and 4 lies the one gap that nothing closes: a token that may be used once is lost with a crash there. The
//! token before it is tried, which a service with a grace period still takes; then the customer is asked to come again.

use kernel::{Instant, RequestId};
use serde_json::json;
use truelayer::{RefreshToken, Tokens};
use uuid::Builder;

use super::changes::{ended, subject};
use super::opened::{Opened, opened};
use super::reach;
use crate::audit::{self, Event};
use crate::openbanking::{
    Connection, ConnectionEvent, ConnectionStatus, EndReason, OpenBankingError, Treatment, store, transition,
    treat_refresh,
};
use crate::sealing::vault::{Column, VaultError};
use crate::{Bank, Caller};

/// How long a lease lasts: three times what the service may take to answer.
const LEASE: chrono::Duration = chrono::Duration::seconds(30);
/// How often an answer is kept before it is given up; each attempt waits for the database by itself.
const ATTEMPTS: u32 = 10;
/// After a failure of the moment.
const LATER: chrono::Duration = chrono::Duration::minutes(5);

/// Gets new tokens for a connection as it was read; returns it with those that somebody has got since.
///
/// # Errors
/// [`OpenBankingError::TooLate`] for a connection that is over, [`OpenBankingError::Busy`] while another process asks,
/// [`OpenBankingError::Changed`], [`OpenBankingError::Service`], [`OpenBankingError::Vault`].
pub(super) async fn refreshed(bank: &Bank, seen: Connection) -> Result<Connection, OpenBankingError> {
    let (reach, _) = reach(bank)?;
    let _turn = reach.turn(seen.id).await;
    let row = store::load(bank.db.latest(), seen.id).await?.ok_or(OpenBankingError::NotFound)?;
    if row.token_version != seen.token_version && row.status == ConnectionStatus::Active {
        return Ok(row);
    }
    transition(row.status, ConnectionEvent::Refreshed)?;
    let leased = lease(bank, &row).await?.ok_or(OpenBankingError::Busy)?;
    let bank = bank.clone();
    let asked = tokio::spawn(async move { ask(&bank, leased).await }).await;
    asked.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// Holds a row that is leased, and whether an earlier question was never answered.
struct Leased {
    row: Connection,
    is_ambiguous: bool,
}

/// Leases a row and marks it as asked for; none while somebody else has it.
async fn lease(bank: &Bank, row: &Connection) -> Result<Option<Leased>, OpenBankingError> {
    let now = bank.now();
    let leased = Connection {
        refresh_begun_at: Some(now),
        refresh_lease_id: Some(Builder::from_random_bytes(bank.random.bytes()).into_uuid()),
        refresh_lease_until: Some(now + LEASE),
        ..row.clone()
    };
    let tx = bank.db.begin().await?;
    let got = store::lease(&tx, &leased, now).await?;
    tx.commit().await?;
    Ok(got.then(|| Leased { row: leased, is_ambiguous: row.refresh_begun_at.is_some() }))
}

/// Asks the service, and writes down what came of it.
async fn ask(bank: &Bank, leased: Leased) -> Result<Connection, OpenBankingError> {
    let (reach, _) = reach(bank)?;
    let Leased { row, is_ambiguous } = leased;
    let Ok(Some(tokens)) = opened(reach, &row) else {
        fail(bank, row, (ConnectionEvent::Failed, "decrypt_failed")).await?;
        return Err(VaultError.into());
    };
    let Some(current) = &tokens.refresh else {
        // Granted without `offline_access`: it ends with its only token.
        let over = ConnectionEvent::Ended(EndReason::ProviderRefused);
        fail(bank, row, (over, "no_refresh_token")).await?;
        return Err(too_late());
    };
    let mut answer = reach.client().refresh(current).await;
    if let (Err(error), Some(previous)) = (&answer, &tokens.previous)
        && treat_refresh(error.remedy(), is_ambiguous, false) == Treatment::TryPrevious
    {
        answer = reach.client().refresh(previous).await;
    }
    match answer {
        Ok(answer) => keep(bank, row, (&tokens, &answer)).await,
        Err(error) => {
            refuse(bank, row, (&error, is_ambiguous)).await?;
            Err(error.into())
        }
    }
}

/// Keeps new tokens, however often it takes: nobody else has them.
async fn keep(
    bank: &Bank,
    row: Connection,
    (tokens, answer): (&Opened, &Tokens),
) -> Result<Connection, OpenBankingError> {
    let received_at = bank.now();
    let renewed = renewed(bank, &row, (tokens, answer), received_at)?;
    let mut left = ATTEMPTS;
    loop {
        match write(bank, &row, renewed.clone(), audit_of("truelayer.token_refreshed", &row)).await {
            Err(OpenBankingError::Storage(error)) if left > 0 => {
                left -= 1;
                tracing::error!(connection.id = %row.id, %error, "new tokens could not be kept; trying again");
            }
            written => return written,
        }
    }
}

fn renewed(
    bank: &Bank,
    row: &Connection,
    (tokens, answer): (&Opened, &Tokens),
    received_at: Instant,
) -> Result<Connection, OpenBankingError> {
    let seal = |column, token: &str| tokens.key.seal(&bank.random, column, token);
    let life = chrono::Duration::from_std(answer.expires_in).unwrap_or_else(|_| chrono::Duration::hours(1));
    let is_another = |new: &&RefreshToken| tokens.refresh.as_ref() != Some(*new);
    let rotated = answer.refresh_token.as_ref().filter(is_another);
    let sealed = rotated.map(|token| seal(Column::Refresh, token.expose()));
    let previous_refresh_token = sealed.as_ref().and(row.refresh_token.clone());
    Ok(Connection {
        status: transition(row.status, ConnectionEvent::Refreshed)?,
        access_token: Some(seal(Column::Access, answer.access_token.expose())),
        refresh_token: sealed.or_else(|| row.refresh_token.clone()),
        expires_at: Some(received_at + life),
        token_version: row.token_version + 1,
        refreshed_at: Some(received_at),
        previous_refresh_token,
        ..Connection::without_refresh(row.clone())
    })
}

/// Writes down that the service said no, or nothing.
async fn refuse(
    bank: &Bank,
    row: Connection,
    (error, is_ambiguous): (&truelayer::Error, bool),
) -> Result<(), OpenBankingError> {
    let code = error.code().map_or("unreachable", |code| code.as_str());
    match treat_refresh(error.remedy(), is_ambiguous, true) {
        Treatment::Change(event) => fail(bank, row, (event, code)).await,
        treatment => {
            if treatment == Treatment::Alarm {
                metrics::counter!("florin_openbanking_alarms_total").increment(1);
                tracing::error!(error = %error, "TrueLayer refuses our own credentials: no connection is refreshed");
            }
            // What may have been done unseen stays marked: the next attempt must know.
            let refresh_begun_at = row.refresh_begun_at.filter(|_| is_ambiguous || error.is_ambiguous());
            let waiting = Connection {
                refresh_begun_at,
                last_error: Some(code.to_owned()),
                next_attempt_at: Some(bank.now() + LATER),
                previous_refresh_token: row.previous_refresh_token.clone(),
                ..Connection::without_refresh(row.clone())
            };
            write(bank, &row, waiting, failure_of(&row, code)).await.map(drop)
        }
    }
}

/// Moves a connection to where a failure leads.
async fn fail(
    bank: &Bank,
    row: Connection,
    (event, code): (ConnectionEvent, &str),
) -> Result<(), OpenBankingError> {
    let status = transition(row.status, event)?;
    let end_reason = match event {
        ConnectionEvent::Ended(reason) => Some(reason),
        _ => row.end_reason,
    };
    let failed = Connection {
        status,
        end_reason,
        last_error: Some(code.to_owned()),
        ..Connection::without_refresh(row.clone())
    };
    let failure = failure_of(&row, code).change(
        json!({ "status": row.status }),
        json!({ "status": status, "reason": end_reason, "error": code }),
    );
    write(bank, &row, failed, failure).await.map(drop)
}

/// Writes a row over the one that was leased, with its trace. Whoever revoked it meanwhile was first.
async fn write(
    bank: &Bank,
    leased: &Connection,
    row: Connection,
    event: Event,
) -> Result<Connection, OpenBankingError> {
    let written = Connection { version: leased.version + 1, updated_at: bank.now(), ..row };
    let caller = Caller::system(RequestId::generate(bank.now(), &bank.random));
    let expired = written.status == ConnectionStatus::Expired && leased.status != ConnectionStatus::Expired;
    let tx = bank.db.begin().await?;
    if !store::write_refreshed(&tx, written.clone(), leased).await? {
        return Err(OpenBankingError::Changed);
    }
    audit::record(bank, &tx, &caller, event).await?;
    if expired {
        audit::record(bank, &tx, &caller, ended(leased, written.status, written.end_reason)).await?;
    }
    tx.commit().await?;
    Ok(written)
}

fn audit_of(action: &'static str, row: &Connection) -> Event {
    Event::new(action, subject(row.id))
}

fn failure_of(row: &Connection, code: &str) -> Event {
    Event { after: Some(json!({ "error": code })), ..audit_of("truelayer.token_refresh_failed", row) }
}

fn too_late() -> OpenBankingError {
    let (status, event) = (ConnectionStatus::Expired, ConnectionEvent::Refreshed);
    crate::openbanking::TooLate { status, event }.into()
}
