//! The table `kyc_levels`.

use database::Tx;
use kernel::UserId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect,
};

use super::KycLevel;
use super::model::kyc_level::{Column, Entity, Model};

/// Returns the level of each of `users` that has a row.
pub(crate) async fn levels(
    conn: &impl ConnectionTrait,
    users: &[UserId],
) -> Result<Vec<(UserId, KycLevel)>, DbErr> {
    let rows = Entity::find().filter(Column::UserId.is_in(users.iter().copied())).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.level)).collect())
}

pub(crate) async fn load_for_update(tx: &Tx, user: UserId) -> Result<Option<KycLevel>, DbErr> {
    let row = Entity::find_by_id(user).lock_exclusive().one(tx).await?;
    Ok(row.map(|row| row.level))
}

pub(crate) async fn save(tx: &Tx, row: Model) -> Result<(), DbErr> {
    let replace =
        OnConflict::column(Column::UserId).update_columns([Column::Level, Column::SetAt]).to_owned();
    let insert = Entity::insert(row.into_active_model().reset_all()).on_conflict(replace);
    insert.exec_without_returning(tx).await?;
    Ok(())
}
