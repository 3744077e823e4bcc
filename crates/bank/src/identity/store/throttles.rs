//! The table `throttles`.

use database::Tx;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect,
};

use crate::identity::model::throttle::{Column, Entity, Throttle, ThrottleScope};

pub(crate) async fn find(
    db: &impl ConnectionTrait,
    scope: ThrottleScope,
    subject: &[u8],
) -> Result<Option<Throttle>, DbErr> {
    Entity::find_by_id((scope, subject.to_vec())).one(db).await
}

pub(crate) async fn load_for_update(
    tx: &Tx,
    scope: ThrottleScope,
    subject: &[u8],
) -> Result<Option<Throttle>, DbErr> {
    Entity::find_by_id((scope, subject.to_vec())).lock_exclusive().one(tx).await
}

/// Makes the row if there is none, so that it can be locked.
pub(crate) async fn insert_unless_known(tx: &Tx, row: Throttle) -> Result<(), DbErr> {
    let known = OnConflict::columns([Column::Scope, Column::Subject]).do_nothing().to_owned();
    let insert = Entity::insert(row.into_active_model().reset_all()).on_conflict(known);
    insert.exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn update(tx: &Tx, row: Throttle) -> Result<(), DbErr> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Tx, scope: ThrottleScope, subject: &[u8]) -> Result<(), DbErr> {
    Entity::delete_by_id((scope, subject.to_vec())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete_older(tx: &Tx, before: kernel::Instant) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::Since.lt(before)).exec(tx).await?.rows_affected)
}
