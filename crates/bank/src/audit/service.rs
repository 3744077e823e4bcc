//! Writing the audit log.

use database::Tx;
use kernel::AuditId;
use sea_orm::DbErr;

use super::{AuditEvent, Event, Subject, store};
use crate::{Bank, Caller};

/// Writes one row in the caller's transaction.
///
/// # Errors
/// `DbErr` of the insert; the caller's transaction must not commit then.
pub async fn record(bank: &Bank, tx: &Tx, caller: &Caller, event: Event) -> Result<AuditId, DbErr> {
    let now = bank.now();
    let id = AuditId::generate(now, &bank.random);
    let row = AuditEvent {
        position: store::next_position(tx).await?,
        id,
        at: now,
        actor_kind: caller.actor.kind().as_str().to_owned(),
        actor_id: caller.actor.uuid(),
        action: event.action.to_owned(),
        subject_kind: event.subject.kind.to_owned(),
        subject_id: event.subject.id,
        reason: event.reason,
        before_values: event.before,
        after_values: event.after,
        request_id: caller.request_id,
    };
    store::insert(tx, row).await?;
    Ok(id)
}

/// Finds the latest row of one action on one thing, in the caller's transaction.
///
/// # Errors
/// `DbErr` of the query.
pub async fn last(tx: &Tx, action: &str, subject: &Subject) -> Result<Option<AuditEvent>, DbErr> {
    store::last(tx, action, subject).await
}
