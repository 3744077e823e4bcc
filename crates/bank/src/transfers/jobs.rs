//! Background work of transfers, and the commands that a second person approves.

use serde_json::json;

use super::service;
use crate::Bank;
use crate::approvals::Executors;
use crate::jobs::{JobFailure, Registry};
use crate::web::Problem;

/// Adds the nightly cleaning of look-ups.
pub fn register(registry: &mut Registry) {
    registry.job("transfers.forget_lookups", |bank, _| Box::pin(forget_lookups(bank)));
    registry.cron("transfers.forget_lookups", "0 20 3 * * *", "transfers.forget_lookups");
}

/// Adds reversals and cash operations.
pub fn register_commands(executors: &mut Executors) {
    executors.add(service::REVERSE, |bank, tx, caller, approval| {
        Box::pin(async move {
            let id = service::execute_reversal(bank, tx, caller, approval).await.map_err(Problem::from)?;
            Ok(json!({ "transfer_id": id }))
        })
    });
    executors.add(service::OPERATE_CASH, |bank, tx, caller, approval| {
        Box::pin(async move {
            let id = service::execute_cash(bank, tx, caller, approval).await.map_err(Problem::from)?;
            Ok(json!({ "transfer_id": id }))
        })
    });
    executors.foresee(service::REVERSE, |bank, approval| {
        Box::pin(async move { Ok(service::forecast_reversal(bank, &approval.payload).await?) })
    });
    executors.foresee(service::OPERATE_CASH, |bank, approval| {
        Box::pin(async move { Ok(service::forecast_cash(bank, &approval.payload).await?) })
    });
}

async fn forget_lookups(bank: Bank) -> Result<(), JobFailure> {
    service::forget_lookups(&bank).await?;
    Ok(())
}
