//! Writing the audit log, and reading it.

use database::Tx;
use futures_util::stream::{self, BoxStream, StreamExt};
use kernel::{ActorKind, AuditId, Page, PageRequest};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::{AuditEvent, AuditFilter, Event, Subject, csv, store};
use crate::context::Forbidden;
use crate::{Bank, Caller, Permission};

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

/// Finds the latest row of one action on one thing: in the caller's transaction where something is decided by it.
///
/// # Errors
/// `DbErr` of the query.
pub async fn last(
    db: &impl ConnectionTrait,
    action: &str,
    subject: &Subject,
) -> Result<Option<AuditEvent>, DbErr> {
    store::last(db, action, subject).await
}

/// Writes that staff looked at customers' data; nothing for customers and for the program itself.
///
/// One row for each view, in a transaction of its own: call it before the answer leaves, with none open. An
/// API key counts as staff when it may read what only staff may.
///
/// # Errors
/// `DbErr` of the insert; the data must not be shown then.
pub async fn record_read(bank: &Bank, caller: &Caller, event: Event) -> Result<(), DbErr> {
    if !reads_as_staff(caller) {
        return Ok(());
    }
    let tx = bank.db.begin().await?;
    record(bank, &tx, caller, event).await?;
    tx.commit().await
}

fn reads_as_staff(caller: &Caller) -> bool {
    let staffs = [Permission::ReadUsers, Permission::ReadAccounts, Permission::ReadTransactions];
    match caller.actor.kind() {
        ActorKind::Staff => true,
        ActorKind::ApiKey => staffs.into_iter().any(|permission| caller.may(permission)),
        ActorKind::Customer | ActorKind::System => false,
    }
}

/// Says why the log is not shown.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The caller may not see it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such row.
    #[error("no such row")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] DbErr),
}

/// Finds one row of the log.
///
/// # Errors
/// [`AuditError::Forbidden`], [`AuditError::NotFound`], storage.
pub async fn find(bank: &Bank, caller: &Caller, id: AuditId) -> Result<AuditEvent, AuditError> {
    caller.require(Permission::ReadAudit)?;
    store::find(bank.db.read(), id).await?.ok_or(AuditError::NotFound)
}

/// Lists rows of the log, newest first.
///
/// # Errors
/// [`AuditError::Forbidden`], storage.
pub async fn list(
    bank: &Bank,
    caller: &Caller,
    filter: &AuditFilter,
    page: PageRequest,
) -> Result<Page<AuditEvent>, AuditError> {
    caller.require(Permission::ReadAudit)?;
    Ok(store::list(bank.db.read(), filter, page).await?)
}

/// Rows of one piece of an export.
const PIECE: u16 = 500;

/// Exports rows of the log as CSV, newest first, piece by piece; what is appended meanwhile is not in it.
///
/// # Errors
/// [`AuditError::Forbidden`], storage before the first piece.
pub async fn export(
    bank: &Bank,
    caller: &Caller,
    filter: AuditFilter,
) -> Result<BoxStream<'static, Result<Vec<u8>, DbErr>>, AuditError> {
    caller.require(Permission::ReadAudit)?;
    let tx = bank.db.begin().await?;
    let taken =
        Event { after: Some(json!(filter)), ..Event::new("audit.export", Subject::new("audit", "log")) };
    record(bank, &tx, caller, taken).await?;
    tx.commit().await?;
    let first = Some(PageRequest { limit: PIECE, after: None });
    let pieces = stream::try_unfold((bank.clone(), filter, first), |(bank, filter, page)| async move {
        let Some(page) = page else {
            return Ok(None);
        };
        let rows = store::list(bank.db.read(), &filter, page).await?;
        let next = rows.next.map(|after| PageRequest { limit: PIECE, after: Some(after) });
        Ok(Some((csv::lines(&rows.items), (bank, filter, next))))
    });
    let header = stream::once(async { Ok(csv::HEADER.as_bytes().to_vec()) });
    Ok(header.chain(pieces).boxed())
}
