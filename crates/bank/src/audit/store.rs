//! The table `audit_events`.

use database::Tx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, Statement,
};

use super::model::audit_event;
use super::{AuditEvent, Subject};

/// Guards the drawing of positions on PostgreSQL; the sealer takes it exclusively to see the highest.
pub(crate) const POSITION_LOCK: i64 = 0x0066_6c6f_7269_6e02;

/// Draws the next place in the chain. Places are unique and rise; a rolled-back row leaves a gap.
pub(crate) async fn next_position(tx: &Tx) -> Result<i64, DbErr> {
    let backend = tx.get_database_backend();
    let sql = if backend == DbBackend::Postgres {
        tx.execute_unprepared(&format!("select pg_advisory_xact_lock_shared({POSITION_LOCK})")).await?;
        "select nextval('audit_events_position') as position"
    } else {
        "select coalesce(max(position), 0) + 1 as position from audit_events"
    };
    let row = tx.query_one_raw(Statement::from_string(backend, sql)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("a position".to_owned()))?.try_get("", "position")
}

pub(crate) async fn insert(tx: &Tx, row: AuditEvent) -> Result<(), DbErr> {
    row.into_active_model().reset_all().insert(tx).await?;
    Ok(())
}

pub(crate) async fn last(
    db: &impl ConnectionTrait,
    action: &str,
    subject: &Subject,
) -> Result<Option<AuditEvent>, DbErr> {
    audit_event::Entity::find()
        .filter(audit_event::Column::SubjectKind.eq(subject.kind))
        .filter(audit_event::Column::SubjectId.eq(subject.id.as_str()))
        .filter(audit_event::Column::Action.eq(action))
        .order_by_desc(audit_event::Column::Position)
        .one(db)
        .await
}
