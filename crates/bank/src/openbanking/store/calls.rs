//! The tables `truelayer_calls`, `truelayer_reads` and `truelayer_circuits`.

use database::Tx;
use kernel::{ConnectionId, Instant};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::openbanking::{
    CircuitRow, CountedCall, ProviderCall, Purpose, ReadState, circuit_row, connection, provider_call,
    read_state,
};

/// Keeps two callers from counting a connection's calls at once, until the transaction ends.
pub(in crate::openbanking) async fn lock(tx: &Tx, id: ConnectionId) -> Result<(), DbErr> {
    let row = connection::Entity::find_by_id(id).select_only().column(connection::Column::Id);
    row.lock_exclusive().into_tuple::<ConnectionId>().one(tx).await?;
    Ok(())
}

/// Lists the calls of one kind about one subject since an instant.
pub(in crate::openbanking) async fn made(
    db: &impl ConnectionTrait,
    (subject_id, endpoint): (Uuid, &str),
    since: Instant,
) -> Result<Vec<CountedCall>, DbErr> {
    let rows: Vec<(Instant, Purpose)> = provider_call::Entity::find()
        .select_only()
        .columns([provider_call::Column::CalledAt, provider_call::Column::Purpose])
        .filter(provider_call::Column::SubjectId.eq(subject_id))
        .filter(provider_call::Column::Endpoint.eq(endpoint))
        .filter(provider_call::Column::CalledAt.gt(since))
        .order_by_asc(provider_call::Column::CalledAt)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(at, purpose)| CountedCall { at, purpose }).collect())
}

/// Lists the calls about some subjects since an instant, with what was asked, the oldest first.
pub(in crate::openbanking) async fn about(
    db: &impl ConnectionTrait,
    subjects: Vec<Uuid>,
    since: Instant,
) -> Result<Vec<(Uuid, String, CountedCall)>, DbErr> {
    use provider_call::Column;
    let rows: Vec<(Uuid, String, Instant, Purpose)> = provider_call::Entity::find()
        .select_only()
        .columns([Column::SubjectId, Column::Endpoint, Column::CalledAt, Column::Purpose])
        .filter(Column::SubjectId.is_in(subjects))
        .filter(Column::CalledAt.gt(since))
        .order_by_asc(Column::CalledAt)
        .into_tuple()
        .all(db)
        .await?;
    let call = |(subject, endpoint, at, purpose)| (subject, endpoint, CountedCall { at, purpose });
    Ok(rows.into_iter().map(call).collect())
}

/// Lists the providers that failed last.
pub(in crate::openbanking) async fn failing(db: &impl ConnectionTrait) -> Result<Vec<CircuitRow>, DbErr> {
    circuit_row::Entity::find()
        .filter(circuit_row::Column::Failures.gt(0))
        .order_by_asc(circuit_row::Column::ProviderId)
        .all(db)
        .await
}

pub(in crate::openbanking) async fn insert(tx: &Tx, row: ProviderCall) -> Result<(), DbErr> {
    let insert = provider_call::Entity::insert(row.into_active_model().reset_all());
    insert.exec_without_returning(tx).await?;
    Ok(())
}

/// Writes down how a call ended.
pub(in crate::openbanking) async fn finish(tx: &Tx, id: Uuid, outcome: &str) -> Result<(), DbErr> {
    provider_call::Entity::update_many()
        .col_expr(provider_call::Column::Outcome, Expr::value(outcome))
        .filter(provider_call::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

pub(in crate::openbanking) async fn delete_before(tx: &Tx, before: Instant) -> Result<(), DbErr> {
    let old = provider_call::Entity::delete_many().filter(provider_call::Column::CalledAt.lt(before));
    old.exec(tx).await?;
    Ok(())
}

pub(in crate::openbanking) async fn find_read(
    db: &impl ConnectionTrait,
    subject_id: Uuid,
    endpoint: &str,
) -> Result<Option<ReadState>, DbErr> {
    read_state::Entity::find_by_id((subject_id, endpoint.to_owned())).one(db).await
}

/// Lists what is known about every question of a connection.
pub(in crate::openbanking) async fn reads_of(
    db: &impl ConnectionTrait,
    connection_id: ConnectionId,
) -> Result<Vec<ReadState>, DbErr> {
    read_state::Entity::find().filter(read_state::Column::ConnectionId.eq(connection_id)).all(db).await
}

pub(in crate::openbanking) async fn put_read(tx: &Tx, row: ReadState) -> Result<(), DbErr> {
    use read_state::Column;
    let replace = OnConflict::columns([Column::SubjectId, Column::Endpoint])
        .update_columns([Column::NextAt, Column::IsNever, Column::LastError, Column::AnsweredAt])
        .to_owned();
    let insert = read_state::Entity::insert(row.into_active_model().reset_all()).on_conflict(replace);
    insert.exec_without_returning(tx).await?;
    Ok(())
}

pub(in crate::openbanking) async fn find_circuit(
    db: &impl ConnectionTrait,
    provider_id: &str,
) -> Result<Option<CircuitRow>, DbErr> {
    circuit_row::Entity::find_by_id(provider_id.to_owned()).one(db).await
}

pub(in crate::openbanking) async fn put_circuit(tx: &Tx, row: CircuitRow) -> Result<(), DbErr> {
    use circuit_row::Column;
    let replace = OnConflict::column(Column::ProviderId)
        .update_columns([Column::Failures, Column::OpenUntil, Column::UpdatedAt])
        .to_owned();
    let insert = circuit_row::Entity::insert(row.into_active_model().reset_all()).on_conflict(replace);
    insert.exec_without_returning(tx).await?;
    Ok(())
}
