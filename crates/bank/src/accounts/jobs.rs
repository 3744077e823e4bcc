//! Background work of accounts: the monthly fee.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::service;
use crate::Bank;
use crate::jobs::{JobFailure, Registry};

const CHARGE_FEES: &str = "accounts.charge_fees";

/// Names the handler and the schedule: early on the first day of each month.
pub fn register(registry: &mut Registry) {
    registry.job(CHARGE_FEES, charge_fees);
    registry.cron("accounts.charge_fees", "0 0 6 1 * *", CHARGE_FEES);
}

fn charge_fees(bank: Bank, _: Value) -> BoxFuture<'static, Result<(), JobFailure>> {
    async move {
        let charged = service::charge_fees(&bank).await.map_err(JobFailure::retry)?;
        tracing::info!(charged = charged.charged, refused = charged.refused, "account fees");
        Ok(())
    }
    .boxed()
}
