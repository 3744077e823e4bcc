//! The table `audit_events`.

use database::Tx;
use kernel::{ActorKind, AuditId, Cursor, Instant, Page, PageRequest};
use sea_orm::prelude::{Json, Uuid};
use sea_orm::sea_query::LikeExpr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult,
    IntoActiveModel, QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait, Statement,
};

use super::model::audit_event;
use super::{ActionFilter, AuditEvent, AuditFilter, Subject, Who};

/// Guards the drawing of positions on PostgreSQL; the sealer takes it exclusively to see the highest.
pub(crate) const POSITION_LOCK: i64 = 0x0066_6c6f_7269_6e02;

/// Takes the lock, then draws: a place is drawn for the row that holds the lock's answer.
const DRAW: &str = "
with guarded as materialized (select pg_advisory_xact_lock_shared($1))
select nextval('audit_events_position') as position from guarded";

/// Draws the next place in the chain. Places are unique and rise; a rolled-back row leaves a gap.
pub(crate) async fn next_position(tx: &Tx) -> Result<i64, DbErr> {
    let backend = tx.get_database_backend();
    let next = "select coalesce(max(position), 0) + 1 as position from audit_events";
    let draw = match backend {
        DbBackend::Postgres => Statement::from_sql_and_values(backend, DRAW, [POSITION_LOCK.into()]),
        _ => Statement::from_string(backend, next),
    };
    let row = tx.query_one_raw(draw).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("a position".to_owned()))?.try_get("", "position")
}

pub(crate) async fn insert(tx: &Tx, row: AuditEvent) -> Result<(), DbErr> {
    audit_event::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: AuditId) -> Result<Option<AuditEvent>, DbErr> {
    audit_event::Entity::find().filter(audit_event::Column::Id.eq(id)).one(db).await
}

/// Lists rows, newest first; a cursor of another list shows the first page.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    filter: &AuditFilter,
    page: PageRequest,
) -> Result<Page<AuditEvent>, DbErr> {
    let after: Option<i64> = page.after.and_then(|cursor| cursor.key().ok());
    let rows = audit_event::Entity::find()
        .apply_if(filter.actor, |query, who| match who {
            Who::System => query.filter(audit_event::Column::ActorKind.eq(ActorKind::System.as_str())),
            Who::User(id) => query.filter(audit_event::Column::ActorId.eq(id.uuid())),
            Who::ApiKey(id) => query.filter(audit_event::Column::ActorId.eq(id.uuid())),
        })
        .apply_if(filter.actor_kind, |query, kind| {
            query.filter(audit_event::Column::ActorKind.eq(kind.as_str()))
        })
        .apply_if(filter.action.as_ref(), |query, action| match action {
            ActionFilter::One(name) => query.filter(audit_event::Column::Action.eq(name.as_str())),
            ActionFilter::Noun(noun) => query.filter(audit_event::Column::Action.like(beginning_with(noun))),
        })
        .apply_if(filter.subject.as_ref(), |query, subject| {
            query.filter(audit_event::Column::SubjectId.eq(subject.as_str()))
        })
        .apply_if(filter.from, |query, from| query.filter(audit_event::Column::At.gte(from)))
        .apply_if(filter.to, |query, to| query.filter(audit_event::Column::At.lt(to)))
        .apply_if(after, |query, position| query.filter(audit_event::Column::Position.lt(position)))
        .order_by_desc(audit_event::Column::Position)
        .limit(u64::from(page.limit) + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, page.limit, |row| Cursor::new(row.position)))
}

/// Matches `noun.…`; an underscore in the noun is no wildcard.
fn beginning_with(noun: &str) -> LikeExpr {
    LikeExpr::new(format!("{}.%", noun.replace('_', "!_"))).escape('!')
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

/// Holds a row as text, for its seal: a value that no type of ours knows must still be hashed.
#[derive(FromQueryResult)]
pub(super) struct RawRow {
    pub(super) position: i64,
    pub(super) id: Uuid,
    pub(super) at: Instant,
    pub(super) actor_kind: String,
    pub(super) actor_id: Option<Uuid>,
    pub(super) action: String,
    pub(super) subject_kind: String,
    pub(super) subject_id: String,
    pub(super) reason: Option<String>,
    pub(super) before_values: Option<Json>,
    pub(super) after_values: Option<Json>,
    pub(super) request_id: Uuid,
}

/// Reads rows in order of position, behind `after` and up to `through`; each may turn out unreadable.
pub(super) async fn raw_rows(
    tx: &Tx,
    (after, through): (i64, i64),
    limit: u64,
) -> Result<Vec<QueryResult>, DbErr> {
    const SQL: &str = "
select position, id, at, actor_kind, actor_id, action, subject_kind, subject_id, reason, before_values,
       after_values, request_id
  from audit_events
 where position > $1 and position <= $2
 order by position
 limit $3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = [after.into(), through.into(), limit.into()];
    tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await
}
