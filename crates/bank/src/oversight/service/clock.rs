//! Moving a sandbox's clock, and following it.

use std::time::Duration as Wait;

use chrono::Duration;
use database::in_time;
use sea_orm::DbErr;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::audit::{self, Event, Subject};
use crate::jobs::{self, Registry};
use crate::oversight::{ClockError, ClockMove, ClockMoved, store};
use crate::{Bank, Caller, Permission};

/// How often a node looks whether another moved the clock.
const LOOK: Wait = Wait::from_millis(500);

/// Moves a sandbox's clock for every node, then runs here what the move made due.
///
/// # Errors
/// [`ClockError`], in the order of its variants.
pub async fn move_clock(
    bank: &Bank,
    registry: &Registry,
    caller: &Caller,
    to: ClockMove,
) -> Result<ClockMoved, ClockError> {
    if bank.settings.is_production() {
        return Err(ClockError::Production);
    }
    caller.require(Permission::MoveClock)?;
    let tx = bank.db.begin().await?;
    // Another node may have moved the clock a moment ago: its offset counts, not this node's.
    let machine = bank.now() - bank.clock.offset();
    let before = machine + Duration::microseconds(store::lock_clock(&tx, machine).await?);
    let target = to.target(before)?;
    let offset = target - machine;
    store::move_clock(&tx, offset.num_microseconds().unwrap_or(i64::MAX), before).await?;
    let event = Event::new("sandbox.clock", Subject::new("sandbox", "clock"));
    let event = event.change(json!({ "at": before }), json!({ "at": target }));
    audit::record(bank, &tx, caller, event).await?;
    tx.commit().await?;
    bank.clock.set_offset(offset);
    tracing::info!(at = %target, "the sandbox's clock was moved");
    let ran = jobs::run_due(bank, registry).await?;
    Ok(ClockMoved { now: bank.now(), offset, ran })
}

/// Sets this process's clock as the sandbox's stands. Nothing happens in production.
///
/// # Errors
/// `DbErr` of the query.
pub async fn apply_clock(bank: &Bank) -> Result<(), DbErr> {
    if bank.settings.is_production() {
        return Ok(());
    }
    let offset = Duration::microseconds(store::clock_offset(bank.db.latest()).await?);
    if offset != bank.clock.offset() {
        bank.clock.set_offset(offset);
        jobs::wake();
    }
    Ok(())
}

/// Keeps this process's clock where the sandbox's stands, until it is told to stop.
pub async fn follow_clock(bank: Bank, stop: CancellationToken) {
    if bank.settings.is_production() {
        return;
    }
    let mut look = tokio::time::interval(LOOK);
    while stop.run_until_cancelled(look.tick()).await.is_some() {
        if let Err(error) = in_time(apply_clock(&bank)).await {
            tracing::warn!(error = %error, "the sandbox's clock could not be read");
        }
    }
}
