//! The table `approvals`.

use database::Tx;
use kernel::{ApprovalId, Cursor, Instant, Page, PageRequest, UserId};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::model::{Approval, ApprovalFilter, ApprovalState, ApprovalView, approval};

pub(crate) async fn insert(tx: &Tx, row: Approval) -> Result<(), DbErr> {
    row.into_active_model().reset_all().insert(tx).await?;
    Ok(())
}

pub(crate) async fn update(tx: &Tx, row: Approval) -> Result<(), DbErr> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: ApprovalId) -> Result<Option<Approval>, DbErr> {
    approval::Entity::find_by_id(id).one(db).await
}

pub(crate) async fn load_for_update(tx: &Tx, id: ApprovalId) -> Result<Option<Approval>, DbErr> {
    approval::Entity::find_by_id(id).lock_exclusive().one(tx).await
}

/// Locks up to `limit` commands whose time is over, in id order.
pub(crate) async fn lock_expired(tx: &Tx, now: Instant, limit: u64) -> Result<Vec<Approval>, DbErr> {
    approval::Entity::find()
        .filter(approval::Column::State.eq(ApprovalState::Pending))
        .filter(approval::Column::ExpiresAt.lte(now))
        .order_by_asc(approval::Column::Id)
        .limit(limit)
        .lock_exclusive()
        .all(tx)
        .await
}

/// Counts what waits, by who asked for it.
pub(crate) async fn waiting_by_maker(
    db: &impl ConnectionTrait,
    now: Instant,
) -> Result<Vec<(UserId, i64)>, DbErr> {
    approval::Entity::find()
        .select_only()
        .column(approval::Column::MakerUserId)
        .column_as(approval::Column::Id.count(), "waiting")
        .filter(approval::Column::State.eq(ApprovalState::Pending))
        .filter(approval::Column::ExpiresAt.gt(now))
        .group_by(approval::Column::MakerUserId)
        .into_tuple()
        .all(db)
        .await
}

pub(crate) async fn list(
    db: &impl ConnectionTrait,
    filter: ApprovalFilter,
    now: Instant,
    page: PageRequest,
) -> Result<Page<Approval>, DbErr> {
    let after: Option<ApprovalId> = page.after.and_then(|cursor| cursor.key().ok());
    let waits = approval::Column::State.eq(ApprovalState::Pending);
    let rows = approval::Entity::find()
        .apply_if(filter.state, |query, state| match state {
            ApprovalState::Pending => query.filter(waits.and(approval::Column::ExpiresAt.gt(now))),
            ApprovalState::Expired => {
                let late = waits.and(approval::Column::ExpiresAt.lte(now));
                query.filter(late.or(approval::Column::State.eq(state)))
            }
            decided => query.filter(approval::Column::State.eq(decided)),
        })
        .apply_if(filter.view, |query, (view, person)| query.filter(seen(view, person, now)))
        .apply_if(filter.kind, |query, kind| query.filter(approval::Column::Kind.eq(kind)))
        .apply_if(filter.maker, |query, maker| query.filter(approval::Column::MakerUserId.eq(maker)))
        .apply_if(filter.subject, |query, subject| query.filter(approval::Column::SubjectId.eq(subject)))
        .apply_if(after, |query, id| query.filter(approval::Column::Id.lt(id)))
        .order_by_desc(approval::Column::Id)
        .limit(u64::from(page.limit) + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, page.limit, |row| Cursor::new(row.id)))
}

/// Says what a command is to a person; to nobody none is their own.
fn seen(view: ApprovalView, person: Option<UserId>, now: Instant) -> Condition {
    use approval::Column::{ExpiresAt, MakerUserId, State};
    let waits = State.eq(ApprovalState::Pending).and(ExpiresAt.gt(now));
    match view {
        ApprovalView::Waiting => {
            Condition::all().add(waits).add_option(person.map(|person| MakerUserId.ne(person)))
        }
        ApprovalView::Own => Condition::all().add(MakerUserId.is_in(person)),
        ApprovalView::Decided => Condition::all().add(waits.not()),
    }
}
