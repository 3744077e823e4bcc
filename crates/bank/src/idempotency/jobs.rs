//! The daily purge of old answers.

use super::service;
use crate::jobs::Registry;

/// Adds the daily purge.
pub fn register(registry: &mut Registry) {
    registry.job("idempotency.purge", |bank, _| {
        Box::pin(async move {
            let forgotten = service::purge(&bank).await?;
            tracing::info!(forgotten, "old answers are forgotten");
            Ok(())
        })
    });
    registry.cron("idempotency.purge", "0 20 3 * * *", "idempotency.purge");
}
