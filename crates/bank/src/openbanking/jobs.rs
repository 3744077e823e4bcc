//! Background work of connections.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::service;
use crate::Bank;
use crate::jobs::{JobFailure, Registry};

const SWEEP: &str = "openbanking.sweep";

/// Names the handler and the schedule.
pub fn register(registry: &mut Registry) {
    registry.job(SWEEP, sweep);
    registry.every("openbanking.sweep", 600, SWEEP);
}

fn sweep(bank: Bank, _: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        service::sweep(&bank).await?;
        Ok(())
    }
    .boxed()
}
