//! The tables `sessions` and `refresh_tokens`.

use database::Tx;
use kernel::{Instant, SessionId, UserId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set,
};

use crate::identity::model::session::{ActiveModel, Column, Entity, refresh_token};
use crate::identity::model::{EndReason, RefreshToken, Session};

pub(crate) async fn insert(tx: &Tx, row: Session) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Returns those of the sessions that nobody has ended.
pub(crate) async fn find_open_among(
    db: &impl ConnectionTrait,
    ids: &[SessionId],
) -> Result<Vec<Session>, DbErr> {
    let those = Entity::find().filter(Column::Id.is_in(ids.iter().copied()));
    those.filter(Column::EndedAt.is_null()).all(db).await
}

pub(crate) async fn load_for_update(tx: &Tx, id: SessionId) -> Result<Option<Session>, DbErr> {
    Entity::find_by_id(id).filter(Column::EndedAt.is_null()).lock_exclusive().one(tx).await
}

/// Returns a user's sessions that nobody has ended, oldest first. The user's row is the lock.
pub(crate) async fn open(db: &impl ConnectionTrait, user_id: UserId) -> Result<Vec<Session>, DbErr> {
    let open = Entity::find().filter(Column::UserId.eq(user_id)).filter(Column::EndedAt.is_null());
    open.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(db).await
}

/// Ends sessions that are still open; returns how many.
pub(crate) async fn end(tx: &Tx, ids: Vec<SessionId>, now: Instant, reason: EndReason) -> Result<u64, DbErr> {
    if ids.is_empty() {
        return Ok(0);
    }
    let ended = ActiveModel { ended_at: Set(Some(now)), end_reason: Set(Some(reason)), ..Default::default() };
    let open =
        Entity::update_many().set(ended).filter(Column::Id.is_in(ids)).filter(Column::EndedAt.is_null());
    Ok(open.exec(tx).await?.rows_affected)
}

/// Writes down that sessions were used, unless somebody wrote a later use.
pub(crate) async fn touch(tx: &Tx, ids: &[SessionId], at: Instant) -> Result<(), DbErr> {
    let used = ActiveModel { last_used_at: Set(at), ..Default::default() };
    let those = Entity::update_many().set(used).filter(Column::Id.is_in(ids.iter().copied()));
    those.filter(Column::EndedAt.is_null()).filter(Column::LastUsedAt.lt(at)).exec(tx).await?;
    Ok(())
}

pub(crate) async fn insert_token(tx: &Tx, row: RefreshToken) -> Result<(), DbErr> {
    refresh_token::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn find_token(
    db: &impl ConnectionTrait,
    hash: &[u8],
) -> Result<Option<RefreshToken>, DbErr> {
    refresh_token::Entity::find_by_id(hash.to_vec()).one(db).await
}

pub(crate) async fn update_token(tx: &Tx, row: RefreshToken) -> Result<(), DbErr> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

/// Forgets the refresh tokens of sessions that ended before an instant.
pub(crate) async fn delete_old_tokens(tx: &Tx, before: Instant) -> Result<u64, DbErr> {
    let ended = sea_orm::sea_query::Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Column::ExpiresAt.lt(before))
        .to_owned();
    let old =
        refresh_token::Entity::delete_many().filter(refresh_token::Column::SessionId.in_subquery(ended));
    Ok(old.exec(tx).await?.rows_affected)
}

/// Ends every session whose time was up before an instant.
pub(crate) async fn end_expired(tx: &Tx, now: Instant) -> Result<u64, DbErr> {
    let ended = ActiveModel {
        ended_at: Set(Some(now)),
        end_reason: Set(Some(EndReason::Expired)),
        ..Default::default()
    };
    let open = Entity::update_many().set(ended).filter(Column::EndedAt.is_null());
    Ok(open.filter(Column::ExpiresAt.lte(now)).exec(tx).await?.rows_affected)
}
