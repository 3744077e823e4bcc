//! New tokens for a connection: asked for once at a time, and kept before anybody hears of them.
//!
//! 1. Within a process one caller asks; the others wait for it and take what it got.
//! 2. The row is leased, and marked as asked for, in one statement: across processes one caller asks, and a crash
//!    leaves the mark. Whoever finds it knows that an answer may be lost.
//! 3. The service is asked, in a task that a caller who hangs up does not end.
//! 4. Its answer is kept by one transaction, over the tokens that were sent and no others ([`super::kept`]).
//!
//! Between 3 and 4 lies the one gap that nothing closes: a token that may be used once is lost with a crash there. The
//! token before it is tried, which a service with a grace period still takes; then the customer is asked to come again.

use truelayer::RefreshToken;
use uuid::Builder;

use super::kept::{Answer, fail, keep, refuse};
use super::opened::{Opened, opened};
use super::{aside, reach, to_the_end};
use crate::Bank;
use crate::openbanking::{
    Connection, ConnectionEvent, ConnectionStatus, EndReason, OpenBankingError, TooLate, Treatment, store,
    transition, treat_refresh,
};
use crate::reach::OpenBanking;
use crate::sealing::vault::VaultError;

/// How long a lease lasts: three times what the service may take to answer.
const LEASE: chrono::Duration = chrono::Duration::seconds(30);

/// Gets new tokens for a connection as it was read; returns it with those that somebody has got since.
///
/// # Errors
/// [`OpenBankingError::TooLate`] for a connection that is over, [`OpenBankingError::Busy`] while another process asks,
/// [`OpenBankingError::NotYet`] right after a failure, [`OpenBankingError::Changed`], [`OpenBankingError::Service`],
/// [`OpenBankingError::Vault`].
pub(super) async fn refreshed(bank: &Bank, seen: Connection) -> Result<Connection, OpenBankingError> {
    let (reach, _) = reach(bank)?;
    let turn = reach.turn(seen.id).await;
    let bank = bank.clone();
    // Whoever hangs up leaves the turn to the task as well.
    to_the_end(async move {
        let _turn = turn;
        refresh(&bank, seen).await
    })
    .await
}

async fn refresh(bank: &Bank, seen: Connection) -> Result<Connection, OpenBankingError> {
    aside::take_in(bank, Some(seen.id)).await?;
    let row = store::load(bank.db.latest(), seen.id).await?.ok_or(OpenBankingError::NotFound)?;
    if row.token_version != seen.token_version && row.status == ConnectionStatus::Active {
        return Ok(row);
    }
    transition(row.status, ConnectionEvent::Refreshed)?;
    let left = row.next_attempt_at.map_or(0, |next| (next - bank.now()).num_seconds());
    if let Some(seconds) = u32::try_from(left).ok().filter(|seconds| *seconds > 0) {
        return Err(OpenBankingError::NotYet(seconds));
    }
    let leased = lease(bank, &row).await?.ok_or(OpenBankingError::Busy)?;
    ask(bank, leased).await
}

/// Holds a row that is leased, and whether an earlier question was never answered.
pub(super) struct Leased {
    pub(super) row: Connection,
    pub(super) is_ambiguous: bool,
}

/// Leases a row and marks it as asked for; none while somebody else has it.
pub(super) async fn lease(bank: &Bank, row: &Connection) -> Result<Option<Leased>, OpenBankingError> {
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
    let Ok(Some(tokens)) = opened(reach, &leased.row) else {
        fail(bank, &leased, (ConnectionEvent::Failed, "decrypt_failed")).await?;
        return Err(VaultError.into());
    };
    let Some(current) = &tokens.refresh else {
        // Granted without `offline_access`: it ends with its only token.
        let over = ConnectionEvent::Ended(EndReason::ProviderRefused);
        fail(bank, &leased, (over, "no_refresh_token")).await?;
        let (status, event) = (ConnectionStatus::Expired, ConnectionEvent::Refreshed);
        return Err(TooLate { status, event }.into());
    };
    match answered(reach, &tokens, (current, leased.is_ambiguous)).await {
        Ok(answer) => keep(bank, &leased.row, (&tokens.key, answer)).await,
        Err(error) => {
            refuse(bank, &leased, &error).await?;
            Err(error.into())
        }
    }
}

/// Asks with the token that should count, and where an answer may be lost with the one before it.
async fn answered(
    reach: &OpenBanking,
    tokens: &Opened,
    (current, is_ambiguous): (&RefreshToken, bool),
) -> Result<Answer, truelayer::Error> {
    let refused = match reach.client().refresh(current).await {
        Ok(brought) => return Ok(Answer { brought, sent: current.clone(), of_previous: false }),
        Err(refused) => refused,
    };
    match &tokens.previous {
        Some(previous) if treat_refresh(refused.remedy(), is_ambiguous, false) == Treatment::TryPrevious => {
            let brought = reach.client().refresh(previous).await?;
            Ok(Answer { brought, sent: previous.clone(), of_previous: true })
        }
        _ => Err(refused),
    }
}
