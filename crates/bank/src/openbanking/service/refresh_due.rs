//! New tokens for everybody whose time has come, and for a customer who asks.

use chrono::Duration;
use futures_util::{StreamExt, stream};
use kernel::{ConnectionId, Instant};
use sea_orm::DbErr;
use truelayer::Remedy;
use uuid::Builder;

use super::customer;
use super::refresh::refreshed;
use crate::openbanking::{
    Connection, ConnectionEvent, ConnectionStatus, OpenBankingError, RefreshRun, store, transition,
};
use crate::{Bank, Caller};

/// Tokens that end within this time are replaced.
const AHEAD: Duration = Duration::hours(12);
/// Whatever was replaced since then is left alone.
const RECENT: Duration = Duration::minutes(10);
/// Who asks again so soon asked twice.
const JUST_NOW: Duration = Duration::seconds(5);
/// How many connections are asked for at once.
const AT_ONCE: usize = 10;
/// How many rows one statement reads.
const PAGE: u64 = 200;
/// For how long rounds are remembered.
const REMEMBERED: Duration = Duration::days(90);

/// Counts what a round found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// How many connections were looked at.
    pub checked: i64,
    /// How many got new tokens.
    pub refreshed: i64,
    /// How many got none, and are tried again.
    pub failed: i64,
    /// How many only their customers can renew.
    pub needs_reauth: i64,
    /// How many need none yet, or are tried by somebody else.
    pub skipped: i64,
    /// Whether the service refused our own credentials, which ends the round.
    pub alarmed: bool,
}

/// Says how one connection fared.
enum Fate {
    Refreshed,
    Failed,
    NeedsReauth,
    Skipped,
    Alarmed,
}

/// Replaces the tokens that end soon, a few at a time; one bad connection stops nobody else's. A round that is cut off is
/// finished by the next one. Without the service there is nothing to do.
///
/// # Errors
/// `DbErr` when the database fails; what was done stays done.
pub async fn refresh_due(bank: &Bank) -> Result<Round, DbErr> {
    let (started_at, mut round, mut after) = (bank.now(), Round::default(), None);
    if bank.open_banking.is_none() {
        return Ok(round);
    }
    loop {
        let rows = store::working_after(bank.db.read(), after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id);
        let mut fates = stream::iter(rows).map(|row| fate(bank, row)).buffer_unordered(AT_ONCE);
        while let Some(fate) = fates.next().await {
            round.count(&fate);
            if round.alarmed {
                break;
            }
        }
        drop(fates);
        if round.alarmed {
            break;
        }
    }
    remember(bank, started_at, round).await?;
    Ok(round)
}

async fn fate(bank: &Bank, row: Connection) -> Fate {
    let now = bank.now();
    let is_early = row.expires_at.is_some_and(|ends| ends > now + AHEAD)
        || row.refreshed_at.is_some_and(|at| at > now - RECENT)
        || row.next_attempt_at.is_some_and(|next| next > now);
    if is_early {
        return Fate::Skipped;
    }
    let id = row.id;
    match refreshed(bank, row).await {
        Ok(_) => Fate::Refreshed,
        Err(
            OpenBankingError::Busy
            | OpenBankingError::NotYet(_)
            | OpenBankingError::Changed
            | OpenBankingError::TooLate(_),
        ) => Fate::Skipped,
        Err(OpenBankingError::Service(error)) if error.remedy() == Remedy::Alarm => Fate::Alarmed,
        Err(error) => {
            tracing::warn!(connection.id = %id, "a connection got no new tokens: {error}");
            failed(bank, id).await
        }
    }
}

/// Says whether a connection that got no tokens is over.
async fn failed(bank: &Bank, id: ConnectionId) -> Fate {
    let row = store::load(bank.db.latest(), id).await.ok().flatten();
    let is_over = row.is_some_and(|row| transition(row.status, ConnectionEvent::Refreshed).is_err());
    if is_over { Fate::NeedsReauth } else { Fate::Failed }
}

impl Round {
    fn count(&mut self, fate: &Fate) {
        self.checked += 1;
        let (count, name) = match fate {
            Fate::Refreshed => (&mut self.refreshed, "refreshed"),
            Fate::Failed => (&mut self.failed, "failed"),
            Fate::NeedsReauth => (&mut self.needs_reauth, "needs_reauth"),
            Fate::Skipped => (&mut self.skipped, "skipped"),
            Fate::Alarmed => {
                self.alarmed = true;
                (&mut self.failed, "alarmed")
            }
        };
        *count += 1;
        metrics::counter!("florin_openbanking_refreshes_total", "outcome" => name).increment(1);
    }
}

async fn remember(bank: &Bank, started_at: Instant, round: Round) -> Result<(), DbErr> {
    let finished_at = bank.now();
    let run = RefreshRun {
        id: Builder::from_random_bytes(bank.random.bytes()).into_uuid(),
        started_at,
        finished_at,
        checked: round.checked,
        refreshed: round.refreshed,
        failed: round.failed,
        needs_reauth: round.needs_reauth,
        skipped: round.skipped,
        alarmed: round.alarmed,
    };
    let tx = bank.db.begin().await?;
    store::delete_runs_before(&tx, finished_at - REMEMBERED).await?;
    store::insert_run(&tx, run).await?;
    tx.commit().await
}

/// Replaces the tokens of one's own connection, whenever they end, unless that was done just now.
///
/// # Errors
/// [`OpenBankingError::Forbidden`], [`OpenBankingError::NeedsPerson`], [`OpenBankingError::Off`],
/// [`OpenBankingError::NotFound`], [`OpenBankingError::TooLate`] for one that is over, [`OpenBankingError::NotYet`]
/// right after a failure, [`OpenBankingError::Busy`], [`OpenBankingError::Changed`], what the service says.
pub async fn refresh_own(
    bank: &Bank,
    caller: &Caller,
    id: ConnectionId,
) -> Result<Connection, OpenBankingError> {
    let user = customer(caller)?;
    let row = store::find(bank.db.latest(), id, user).await?.ok_or(OpenBankingError::NotFound)?;
    if row.status == ConnectionStatus::Active && row.refreshed_at.is_some_and(|at| at > bank.now() - JUST_NOW)
    {
        return Ok(row);
    }
    refreshed(bank, row).await
}
