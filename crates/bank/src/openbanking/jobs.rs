//! Background work of connections.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::service::{self, Notice};
use crate::Bank;
use crate::jobs::{JobFailure, Registry};

const SWEEP: &str = "openbanking.sweep";
const REFRESH: &str = "openbanking.refresh";
/// Six hours: an access token lives for one, a refresh token as long as its consent.
const REFRESH_SECONDS: i64 = 6 * 3600;

/// Names the handler and the schedule.
pub fn register(registry: &mut Registry) {
    registry.job(SWEEP, sweep);
    registry.every("openbanking.sweep", 600, SWEEP);
    registry.job(service::NOTIFY, notify);
    registry.job(REFRESH, refresh);
    registry.every("openbanking.refresh", REFRESH_SECONDS, REFRESH);
}

fn sweep(bank: Bank, _: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        service::sweep(&bank).await?;
        service::remind(&bank).await?;
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

fn refresh(bank: Bank, _: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        service::refresh_due(&bank).await?;
        Ok(())
    }
    .boxed()
}
