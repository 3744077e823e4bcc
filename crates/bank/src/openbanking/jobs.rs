//! Background work of connections.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{BankPaymentId, ConnectionId};
use serde::Deserialize;
use serde_json::Value;

use super::service::{self, Notice};
use super::{OpenBankingError, Purpose};
use crate::Bank;
use crate::jobs::{JobFailure, Registry};

const SWEEP: &str = "openbanking.sweep";
const PULL_DUE: &str = "openbanking.pull_due";
const REFRESH: &str = "openbanking.refresh";
const FOLLOW_DUE: &str = "openbanking.follow_payments";
/// Six hours: an access token lives for one, a refresh token as long as its consent.
const REFRESH_SECONDS: i64 = 6 * 3600;

/// Names the handler and the schedule.
pub fn register(registry: &mut Registry) {
    registry.job(SWEEP, sweep);
    registry.every("openbanking.sweep", 600, SWEEP);
    registry.job(service::NOTIFY, notify);
    registry.job(service::PULL, pull);
    registry.job(service::COLLECT, collect);
    registry.job(PULL_DUE, pull_due);
    registry.every("openbanking.pull_due", 300, PULL_DUE);
    registry.job(REFRESH, refresh);
    registry.every("openbanking.refresh", REFRESH_SECONDS, REFRESH);
    registry.job(service::FOLLOW, follow);
    registry.job(FOLLOW_DUE, follow_due);
    registry.every("openbanking.follow_payments", 300, FOLLOW_DUE);
}

fn sweep(bank: Bank, _: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        service::sweep(&bank).await?;
        service::remind(&bank).await?;
        service::erase_due(&bank).await?;
        Ok(())
    }
    .boxed()
}

fn notify(bank: Bank, payload: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        let notice: Notice = serde_json::from_value(payload).map_err(JobFailure::permanent)?;
        service::notify(&bank, notice).await.map_err(JobFailure::retry)
    }
    .boxed()
}

/// Names the accounts to be read, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    connection_id: ConnectionId,
    purpose: Purpose,
}

fn pull(bank: Bank, payload: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        let asked: Reading = serde_json::from_value(payload).map_err(JobFailure::permanent)?;
        // Whoever is not there cannot be asked for.
        let purpose = if asked.purpose == Purpose::Attended { Purpose::Event } else { asked.purpose };
        let pulled = service::pull_for_events(&bank, asked.connection_id, purpose).await;
        unless_storage_failed(asked.connection_id, pulled)
    }
    .boxed()
}

/// Names the connection whose answers are to be looked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Collecting {
    connection_id: ConnectionId,
}

fn collect(bank: Bank, payload: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        let asked: Collecting = serde_json::from_value(payload).map_err(JobFailure::permanent)?;
        let collected = service::collect(&bank, asked.connection_id).await;
        unless_storage_failed(asked.connection_id, collected)
    }
    .boxed()
}

/// What a bank says is written down, with the time of the next attempt: to try again now would use up its calls.
fn unless_storage_failed<T>(id: ConnectionId, read: Result<T, OpenBankingError>) -> Result<(), JobFailure> {
    match read {
        Ok(_) => Ok(()),
        Err(OpenBankingError::Storage(error)) => Err(JobFailure::retry(error)),
        Err(error) => {
            tracing::info!(connection.id = %id, "accounts were not read: {error}");
            Ok(())
        }
    }
}

fn pull_due(bank: Bank, _: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        service::pull_due(&bank).await?;
        Ok(())
    }
    .boxed()
}

fn refresh(bank: Bank, _: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        service::refresh_due(&bank).await?;
        Ok(())
    }
    .boxed()
}

/// Names the payment to ask about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Following {
    payment_id: BankPaymentId,
}

fn follow(bank: Bank, payload: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        let asked: Following = serde_json::from_value(payload).map_err(JobFailure::permanent)?;
        match service::follow(&bank, asked.payment_id).await {
            Ok(_) | Err(OpenBankingError::NotFound) => Ok(()),
            Err(error) => Err(JobFailure::retry(error)),
        }
    }
    .boxed()
}

fn follow_due(bank: Bank, _: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        service::follow_due(&bank).await?;
        Ok(())
    }
    .boxed()
}
