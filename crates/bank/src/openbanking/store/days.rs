//! The table `truelayer_connection_days`.

use chrono::NaiveDate;
use database::Tx;
use sea_orm::{ActiveModelTrait, sea_query::OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::count_by_status;
use crate::openbanking::{ConnectionDay, connection_day};

/// Counts connections by state, for a day; the last count of a day stays.
pub(in crate::openbanking) async fn put(tx: &Tx, on_day: NaiveDate) -> Result<(), DbErr> {
    use connection_day::Column;
    connection_day::Entity::delete_many().filter(Column::OnDay.eq(on_day)).exec(tx).await?;
    let counts = count_by_status(tx).await?;
    let rows: Vec<_> = counts
        .into_iter()
        .map(|(status, connections)| ConnectionDay { on_day, status, connections })
        .map(|row| row.into_active_model().reset_all())
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    // Another process may count at this very moment.
    let again =
        OnConflict::columns([Column::OnDay, Column::Status]).update_column(Column::Connections).to_owned();
    connection_day::Entity::insert_many(rows).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// Lists the counts from a day on, in the order of days.
pub(in crate::openbanking) async fn since(
    db: &impl ConnectionTrait,
    from: NaiveDate,
) -> Result<Vec<ConnectionDay>, DbErr> {
    connection_day::Entity::find()
        .filter(connection_day::Column::OnDay.gte(from))
        .order_by_asc(connection_day::Column::OnDay)
        .all(db)
        .await
}
