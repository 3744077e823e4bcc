//! The table `truelayer_webhook_events`.

use database::Tx;
use kernel::{ConnectionId, Cursor, Instant, Page};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::openbanking::{
    Connection, ConnectionStatus, EventPlace, EventState, WebhookEvent, connection, external_account,
    webhook_event,
};

/// Takes an event in unless it is there; says whether it is new.
pub(in crate::openbanking) async fn insert(tx: &Tx, row: &WebhookEvent) -> Result<bool, DbErr> {
    let known = OnConflict::column(webhook_event::Column::EventId).do_nothing().to_owned();
    let insert =
        webhook_event::Entity::insert(row.clone().into_active_model().reset_all()).on_conflict(known);
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

pub(in crate::openbanking) async fn find(
    db: &impl ConnectionTrait,
    event_id: &str,
) -> Result<Option<WebhookEvent>, DbErr> {
    webhook_event::Entity::find_by_id(event_id.to_owned()).one(db).await
}

/// Lists events, the newest first.
pub(in crate::openbanking) async fn list(
    db: &impl ConnectionTrait,
    state: Option<EventState>,
    (after, limit): (Option<EventPlace>, u16),
) -> Result<Page<WebhookEvent>, DbErr> {
    use webhook_event::Column;
    let behind = after.map(|EventPlace { received_at, event_id }| {
        let at_once =
            Condition::all().add(Column::ReceivedAt.eq(received_at)).add(Column::EventId.lt(event_id));
        Condition::any().add(Column::ReceivedAt.lt(received_at)).add(at_once)
    });
    let rows = webhook_event::Entity::find()
        .apply_if(state, |query, state| query.filter(Column::State.eq(state)))
        .apply_if(behind, QueryFilter::filter)
        .order_by_desc(Column::ReceivedAt)
        .order_by_desc(Column::EventId)
        .limit(u64::from(limit) + 1)
        .all(db)
        .await?;
    let place =
        |row: &WebhookEvent| EventPlace { received_at: row.received_at, event_id: row.event_id.clone() };
    Ok(Page::cut(rows, limit, |row| Cursor::new(place(row))))
}

/// Writes down what became of an event.
pub(in crate::openbanking) async fn put_state(
    tx: &Tx,
    event_id: &str,
    (state, connection_id): (EventState, Option<ConnectionId>),
) -> Result<(), DbErr> {
    webhook_event::Entity::update_many()
        .col_expr(webhook_event::Column::State, Expr::value(state))
        .col_expr(webhook_event::Column::ConnectionId, Expr::value(connection_id))
        .filter(webhook_event::Column::EventId.eq(event_id))
        .exec(tx)
        .await?;
    Ok(())
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
