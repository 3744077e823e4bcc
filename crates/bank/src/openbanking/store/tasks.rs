//! The table `truelayer_tasks`.

use database::Tx;
use kernel::{ConnectionId, ExternalAccountId, Instant};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::openbanking::{ReadTask, read_task};

/// Keeps a question that was put, in the place of an older one about the same account.
pub(in crate::openbanking) async fn put(tx: &Tx, row: ReadTask) -> Result<(), DbErr> {
    use read_task::Column;
    let replace = OnConflict::column(Column::AccountId)
        .update_columns([
            Column::ConnectionId,
            Column::TaskId,
            Column::FromOn,
            Column::ThroughOn,
            Column::HistoryClosed,
            Column::AskedAt,
            Column::LookAt,
        ])
        .to_owned();
    let insert = read_task::Entity::insert(row.into_active_model().reset_all()).on_conflict(replace);
    insert.exec_without_returning(tx).await?;
    Ok(())
}

pub(in crate::openbanking) async fn of_account(
    db: &impl ConnectionTrait,
    account_id: ExternalAccountId,
) -> Result<Option<ReadTask>, DbErr> {
    read_task::Entity::find_by_id(account_id).one(db).await
}

pub(in crate::openbanking) async fn of_connection(
    db: &impl ConnectionTrait,
    connection_id: ConnectionId,
) -> Result<Vec<ReadTask>, DbErr> {
    read_task::Entity::find()
        .filter(read_task::Column::ConnectionId.eq(connection_id))
        .order_by_asc(read_task::Column::AccountId)
        .all(db)
        .await
}

/// Finds a question by the service's name for it.
pub(in crate::openbanking) async fn by_name(
    db: &impl ConnectionTrait,
    task_id: &str,
) -> Result<Option<ReadTask>, DbErr> {
    read_task::Entity::find().filter(read_task::Column::TaskId.eq(task_id)).one(db).await
}

/// Lists the connections that have an answer to look for.
pub(in crate::openbanking) async fn due(
    db: &impl ConnectionTrait,
    now: Instant,
) -> Result<Vec<ConnectionId>, DbErr> {
    read_task::Entity::find()
        .select_only()
        .column(read_task::Column::ConnectionId)
        .filter(read_task::Column::LookAt.lte(now))
        .distinct()
        .into_tuple()
        .all(db)
        .await
}

pub(in crate::openbanking) async fn look_again(tx: &Tx, task_id: &str, at: Instant) -> Result<(), DbErr> {
    read_task::Entity::update_many()
        .col_expr(read_task::Column::LookAt, Expr::value(at))
        .filter(read_task::Column::TaskId.eq(task_id))
        .exec(tx)
        .await?;
    Ok(())
}

pub(in crate::openbanking) async fn delete(tx: &Tx, task_id: &str) -> Result<(), DbErr> {
    read_task::Entity::delete_many().filter(read_task::Column::TaskId.eq(task_id)).exec(tx).await?;
    Ok(())
}

pub(in crate::openbanking) async fn delete_before(tx: &Tx, before: Instant) -> Result<(), DbErr> {
    read_task::Entity::delete_many().filter(read_task::Column::AskedAt.lt(before)).exec(tx).await?;
    Ok(())
}
