//! Expiry by the clock.

use super::service;
use crate::Bank;
use crate::jobs::{JobFailure, Registry};

/// Adds the expiry, every minute. A decision looks at the clock itself and does not depend on it.
pub fn register(registry: &mut Registry) {
    registry.job("approvals.expire", |bank, _| Box::pin(expire(bank)));
    registry.every("approvals.expire", 60, "approvals.expire");
}

async fn expire(bank: Bank) -> Result<(), JobFailure> {
    let caller = bank.system_caller();
    while service::expire(&bank, &caller).await.map_err(JobFailure::retry)? > 0 {}
    Ok(())
}
