//! The table `challenges`.

use database::Tx;
use kernel::{ChallengeId, Instant};
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use super::model::{Challenge, Column, Entity};

pub(crate) async fn insert(tx: &Tx, row: Challenge) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn load_for_update(tx: &Tx, id: ChallengeId) -> Result<Option<Challenge>, DbErr> {
    Entity::find_by_id(id).lock_exclusive().one(tx).await
}

pub(crate) async fn update(tx: &Tx, row: Challenge) -> Result<(), DbErr> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

pub(crate) async fn delete_older(tx: &Tx, before: Instant) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(tx).await?.rows_affected)
}
