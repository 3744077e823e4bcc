//! What came of asking for new tokens, written down: over the tokens that were sent, and over no others.

use std::time::Duration;

use kernel::Instant;
use serde_json::json;
use truelayer::{RefreshToken, Remedy, Tokens};

use super::changes::{ended, subject};
use super::refresh::Leased;
use super::{alarm, aside, code, notices, reach};
use crate::Bank;
use crate::audit::{self, Event};
use crate::openbanking::{
    Connection, ConnectionEvent, ConnectionStatus, OpenBankingError, Treatment, pause, store, transition,
    treat_refresh,
};
use crate::sealing::vault::{Column, DataKey};

/// How often it is tried to keep new tokens, and how often a second: for ten minutes at least.
const ATTEMPTS: u32 = 300;
const BEAT: Duration = Duration::from_secs(2);
/// After a failure of the moment, and after one that asks for patience.
const SOON: chrono::Duration = chrono::Duration::seconds(30);
const LATER: chrono::Duration = chrono::Duration::minutes(5);

/// Holds new tokens, and what they were got for.
pub(super) struct Answer {
    pub(super) brought: Tokens,
    pub(super) sent: RefreshToken,
    /// Whether that was the token before the last.
    pub(super) of_previous: bool,
}

/// Keeps new tokens, however often it takes: nobody else has them. While the database cannot take them they lie on disk.
///
/// # Errors
/// [`OpenBankingError::Changed`] when the connection is over: a consent that was taken back is ended with the new tokens.
pub(super) async fn keep(
    bank: &Bank,
    leased: &Connection,
    (key, answer): (&DataKey, Answer),
) -> Result<Connection, OpenBankingError> {
    let renewed = renewed(bank, leased, (key, &answer), bank.now())?;
    let mut beat = tokio::time::interval(BEAT);
    let (mut is_aside, mut left) = (false, ATTEMPTS);
    loop {
        beat.tick().await;
        let error = match write_tokens(bank, leased, &renewed).await {
            Err(OpenBankingError::Storage(error)) => error,
            written => {
                if is_aside {
                    aside::forget(bank, &renewed).await;
                }
                if matches!(written, Err(OpenBankingError::Changed)) {
                    end_at_service(bank, leased, &answer).await;
                }
                return written;
            }
        };
        tracing::error!(connection.id = %leased.id, %error, "new tokens could not be kept; trying again");
        if !is_aside {
            is_aside = aside::put(bank, &renewed).await;
        }
        left -= 1;
        if left == 0 {
            return Err(error.into());
        }
    }
}

/// Writes new tokens, with their trace.
///
/// # Errors
/// [`OpenBankingError::Changed`] when the tokens they replace do not count any more, or the connection is over.
pub(super) async fn write_tokens(
    bank: &Bank,
    leased: &Connection,
    renewed: &Connection,
) -> Result<Connection, OpenBankingError> {
    let event = Event::new("truelayer.token_refreshed", subject(leased.id));
    write(bank, leased, (renewed, event)).await
}

fn renewed(
    bank: &Bank,
    row: &Connection,
    (key, answer): (&DataKey, &Answer),
    received_at: Instant,
) -> Result<Connection, OpenBankingError> {
    let brought = &answer.brought;
    let seal = |column, token: &str| key.seal(&bank.random, column, token);
    let life = chrono::Duration::from_std(brought.expires_in).unwrap_or_else(|_| chrono::Duration::hours(1));
    // What was sent and worked: without another it goes on to count.
    let sent = if answer.of_previous { &row.previous_refresh_token } else { &row.refresh_token };
    let rotated = brought.refresh_token.as_ref().filter(|new| **new != answer.sent);
    let rotated = rotated.map(|token| seal(Column::Refresh, token.expose()));
    Ok(Connection {
        status: transition(row.status, ConnectionEvent::Refreshed)?,
        access_token: Some(seal(Column::Access, brought.access_token.expose())),
        previous_refresh_token: rotated.as_ref().and(sent.clone()),
        refresh_token: rotated.or_else(|| sent.clone()),
        expires_at: Some(received_at + life),
        token_version: row.token_version + 1,
        refreshed_at: Some(received_at),
        ..Connection::without_refresh(row.clone())
    })
}

/// Ends a consent that its customer took back while new tokens were on their way: they alone still open it.
async fn end_at_service(bank: &Bank, leased: &Connection, answer: &Answer) {
    let row = store::load(bank.db.latest(), leased.id).await;
    if !matches!(row, Ok(Some(row)) if row.status == ConnectionStatus::Revoked) {
        return;
    }
    let Ok((reach, _)) = reach(bank) else { return };
    if let Err(error) = reach.client().delete(&answer.brought.access_token).await {
        tracing::warn!(connection.id = %leased.id, %error, "the service could not be told that a consent is over");
    }
}

/// Writes down that the service said no, or nothing.
pub(super) async fn refuse(
    bank: &Bank,
    leased: &Leased,
    error: &truelayer::Error,
) -> Result<(), OpenBankingError> {
    let code = code(error);
    let Leased { row, is_ambiguous } = leased;
    let treatment = treat_refresh(error.remedy(), *is_ambiguous, true);
    if let Treatment::Change(event) = treatment {
        return fail(bank, leased, (event, code)).await;
    }
    if treatment == Treatment::Alarm {
        alarm(error);
    }
    let patience = if error.remedy() == Remedy::RetryLater { SOON } else { LATER };
    let waiting = Connection {
        // What may have been done unseen stays marked: the next attempt must know.
        refresh_begun_at: row.refresh_begun_at.filter(|_| *is_ambiguous || error.is_ambiguous()),
        previous_refresh_token: row.previous_refresh_token.clone(),
        last_error: Some(code.to_owned()),
        next_attempt_at: Some(bank.now() + pause(patience, error.retry_after(), &bank.random)),
        ..Connection::without_refresh(row.clone())
    };
    write(bank, row, (&waiting, failure_of(row, code))).await.map(drop)
}

/// Moves a connection to where a failure leads.
pub(super) async fn fail(
    bank: &Bank,
    leased: &Leased,
    (event, code): (ConnectionEvent, &str),
) -> Result<(), OpenBankingError> {
    let Leased { row, is_ambiguous } = leased;
    let status = transition(row.status, event)?;
    let end_reason = match event {
        ConnectionEvent::Ended(reason) => Some(reason),
        _ => row.end_reason,
    };
    // One that may work again goes on where it stopped.
    let works = status != ConnectionStatus::Expired;
    let failed = Connection {
        status,
        end_reason,
        refresh_begun_at: row.refresh_begun_at.filter(|_| works && *is_ambiguous),
        previous_refresh_token: row.previous_refresh_token.clone().filter(|_| works),
        last_error: Some(code.to_owned()),
        ..Connection::without_refresh(row.clone())
    };
    let failure = failure_of(row, code).change(
        json!({ "status": row.status }),
        json!({ "status": status, "reason": end_reason, "error": code }),
    );
    write(bank, row, (&failed, failure)).await.map(drop)
}

/// Writes what came of asking, with its trace. Whoever ended the connection meanwhile was first.
async fn write(
    bank: &Bank,
    leased: &Connection,
    (row, event): (&Connection, Event),
) -> Result<Connection, OpenBankingError> {
    let written = Connection { updated_at: bank.now(), ..row.clone() };
    let caller = bank.system_caller();
    let expired = written.status == ConnectionStatus::Expired && leased.status != ConnectionStatus::Expired;
    let tx = bank.db.begin().await?;
    if !store::write_refreshed(&tx, &written, leased).await? {
        return Err(OpenBankingError::Changed);
    }
    audit::record(bank, &tx, &caller, event).await?;
    if expired {
        audit::record(bank, &tx, &caller, ended(leased, written.status, written.end_reason)).await?;
        notices::ask_of_end(bank, &tx, leased).await?;
    }
    let written = store::load(&tx, leased.id).await?.ok_or(OpenBankingError::NotFound)?;
    tx.commit().await?;
    Ok(written)
}

fn failure_of(row: &Connection, code: &str) -> Event {
    let failed = Event::new("truelayer.token_refresh_failed", subject(row.id));
    Event { after: Some(json!({ "error": code })), ..failed }
}
