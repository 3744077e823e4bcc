//! Background work of identity: mail, and clearing away.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::service;
use crate::Bank;
use crate::jobs::{JobFailure, Registry};

const SWEEP: &str = "identity.sweep";

/// Names the handlers and the schedule.
pub fn register(registry: &mut Registry) {
    registry.job(service::SEND_MAIL, send_mail);
    registry.job(SWEEP, sweep);
    registry.every("identity.sweep", 3600, SWEEP);
}

fn send_mail(bank: Bank, payload: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        let order = serde_json::from_value(payload)?;
        service::send_mail(&bank, order).await.map_err(JobFailure::retry)
    }
    .boxed()
}

fn sweep(bank: Bank, _: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move { Ok(service::sweep(&bank).await?) }.boxed()
}
