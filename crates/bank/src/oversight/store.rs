//! The table `sandbox_clock`.

use database::Tx;
use kernel::Instant;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QuerySelect};

use super::model::sandbox_clock;

/// The one row's key.
const ONLY: i64 = 1;

/// Returns how far the clock was moved, in microseconds.
pub(crate) async fn clock_offset(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let row = sandbox_clock::Entity::find_by_id(ONLY).one(db).await?;
    Ok(row.map_or(0, |row| row.offset_microseconds))
}

/// Locks the row, made when it is absent, and returns the offset.
pub(crate) async fn lock_clock(tx: &Tx, now: Instant) -> Result<i64, DbErr> {
    let still = sandbox_clock::Model { id: ONLY, offset_microseconds: 0, moved_at: now };
    let known = OnConflict::column(sandbox_clock::Column::Id).do_nothing().to_owned();
    let insert = sandbox_clock::Entity::insert(still.into_active_model()).on_conflict(known);
    insert.exec_without_returning(tx).await?;
    let row = sandbox_clock::Entity::find_by_id(ONLY).lock_exclusive().one(tx).await?;
    Ok(row.map_or(0, |row| row.offset_microseconds))
}

pub(crate) async fn move_clock(tx: &Tx, offset_microseconds: i64, moved_at: Instant) -> Result<(), DbErr> {
    let moved = sandbox_clock::Model { id: ONLY, offset_microseconds, moved_at };
    moved.into_active_model().reset_all().update(tx).await?;
    Ok(())
}
