//! The table `truelayer_webhook_events`.

use database::Tx;
use kernel::{ConnectionId, Instant};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect,
};

use crate::openbanking::{
    Connection, ConnectionStatus, WebhookEvent, connection, external_account, webhook_event,
};

/// Takes an event in unless it is there; says whether it is new.
pub(in crate::openbanking) async fn insert(tx: &Tx, row: WebhookEvent) -> Result<bool, DbErr> {
    let known = OnConflict::column(webhook_event::Column::EventId).do_nothing().to_owned();
    let insert = webhook_event::Entity::insert(row.into_active_model().reset_all()).on_conflict(known);
    Ok(insert.exec_without_returning(tx).await? == 1)
}

/// Counts a connection's events since an instant.
pub(in crate::openbanking) async fn count_since(
    db: &impl ConnectionTrait,
    connection_id: ConnectionId,
    since: Instant,
) -> Result<u64, DbErr> {
    webhook_event::Entity::find()
        .filter(webhook_event::Column::ConnectionId.eq(connection_id))
        .filter(webhook_event::Column::ReceivedAt.gt(since))
        .count(db)
        .await
}

pub(in crate::openbanking) async fn delete_before(tx: &Tx, before: Instant) -> Result<(), DbErr> {
    let old = webhook_event::Entity::delete_many().filter(webhook_event::Column::ReceivedAt.lt(before));
    old.exec(tx).await?;
    Ok(())
}

/// Finds the connection that reads what the service calls an account; none while nobody does.
pub(in crate::openbanking) async fn reader_of(
    db: &impl ConnectionTrait,
    service_id: &str,
) -> Result<Option<ConnectionId>, DbErr> {
    external_account::Entity::find()
        .select_only()
        .column(external_account::Column::ConnectionId)
        .filter(external_account::Column::ServiceId.eq(service_id))
        .into_tuple()
        .one(db)
        .await
}

/// Finds the connection with a link's name that is not over for good.
pub(in crate::openbanking) async fn of_link(
    db: &impl ConnectionTrait,
    credentials_id: &str,
) -> Result<Option<Connection>, DbErr> {
    connection::Entity::find()
        .filter(connection::Column::CredentialsId.eq(credentials_id))
        .filter(connection::Column::Status.ne(ConnectionStatus::Revoked))
        .one(db)
        .await
}
