//! The table `jobs`.

use database::Tx;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel};

use super::Job;
use super::model::job;

pub(crate) async fn insert_unless_known(tx: &Tx, row: Job) -> Result<(), DbErr> {
    let known = OnConflict::column(job::Column::DedupeKey).do_nothing().to_owned();
    let insert = job::Entity::insert(row.into_active_model().reset_all()).on_conflict(known);
    insert.exec_without_returning(tx).await?;
    Ok(())
}
