//! The tables `truelayer_connections` and `truelayer_oauth_states`.

use database::Tx;
use kernel::{ConnectionId, Cursor, Instant, Page, PageRequest, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::{Connection, ConnectionStatus, OauthState, RefreshRun, connection, oauth_state, refresh_run};

pub(super) async fn insert(tx: &Tx, row: Connection) -> Result<(), DbErr> {
    row.into_active_model().reset_all().insert(tx).await?;
    Ok(())
}

/// Writes a row if it still has the version before this one's; says whether it had.
pub(super) async fn update(tx: &Tx, row: Connection) -> Result<bool, DbErr> {
    let (id, before) = (row.id, row.version - 1);
    let update = connection::Entity::update_many().set(row.into_active_model().reset_all());
    let still = update.filter(connection::Column::Id.eq(id)).filter(connection::Column::Version.eq(before));
    Ok(still.exec(tx).await?.rows_affected == 1)
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    id: ConnectionId,
    user: UserId,
) -> Result<Option<Connection>, DbErr> {
    let own = connection::Column::UserId.eq(user);
    connection::Entity::find_by_id(id).filter(own).one(db).await
}

/// Finds a connection, whoever's it is.
pub(super) async fn load(db: &impl ConnectionTrait, id: ConnectionId) -> Result<Option<Connection>, DbErr> {
    connection::Entity::find_by_id(id).one(db).await
}

/// Leases a row for asking for new tokens, unless somebody has it or its tokens were replaced; says whether it could.
pub(super) async fn lease(tx: &Tx, row: &Connection, now: Instant) -> Result<bool, DbErr> {
    let free = connection::Column::RefreshLeaseUntil.is_null();
    let free = free.or(connection::Column::RefreshLeaseUntil.lte(now));
    let update = connection::Entity::update_many()
        .col_expr(connection::Column::RefreshBegunAt, Expr::value(row.refresh_begun_at))
        .col_expr(connection::Column::RefreshLeaseId, Expr::value(row.refresh_lease_id))
        .col_expr(connection::Column::RefreshLeaseUntil, Expr::value(row.refresh_lease_until))
        .filter(connection::Column::Id.eq(row.id))
        .filter(connection::Column::Version.eq(row.version))
        .filter(free);
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Writes what a question brought, if the row still has the version and the lease under which it was asked.
pub(super) async fn write_refreshed(tx: &Tx, row: Connection, leased: &Connection) -> Result<bool, DbErr> {
    let id = row.id;
    let update = connection::Entity::update_many()
        .set(row.into_active_model().reset_all())
        .filter(connection::Column::Id.eq(id))
        .filter(connection::Column::Version.eq(leased.version))
        .filter(connection::Column::RefreshLeaseId.eq(leased.refresh_lease_id));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Lists connections that work, in order, from the one after `after`.
pub(super) async fn active_after(
    db: &impl ConnectionTrait,
    after: Option<ConnectionId>,
    most: u64,
) -> Result<Vec<Connection>, DbErr> {
    connection::Entity::find()
        .filter(connection::Column::Status.eq(ConnectionStatus::Active))
        .apply_if(after, |query, id| query.filter(connection::Column::Id.gt(id)))
        .order_by_asc(connection::Column::Id)
        .limit(most)
        .all(db)
        .await
}

/// Lists connections that work although their consent is over.
pub(super) async fn outlived(
    db: &impl ConnectionTrait,
    now: Instant,
    most: u64,
) -> Result<Vec<Connection>, DbErr> {
    connection::Entity::find()
        .filter(connection::Column::Status.is_in([ConnectionStatus::Active, ConnectionStatus::Error]))
        .filter(connection::Column::ConsentExpiresAt.lte(now))
        .order_by_asc(connection::Column::ConsentExpiresAt)
        .limit(most)
        .all(db)
        .await
}

pub(super) async fn insert_run(tx: &Tx, row: RefreshRun) -> Result<(), DbErr> {
    row.into_active_model().reset_all().insert(tx).await?;
    Ok(())
}

/// Lists the rounds that ended after an instant, the newest first.
pub(super) async fn runs_since(db: &impl ConnectionTrait, since: Instant) -> Result<Vec<RefreshRun>, DbErr> {
    refresh_run::Entity::find()
        .filter(refresh_run::Column::FinishedAt.gt(since))
        .order_by_desc(refresh_run::Column::FinishedAt)
        .all(db)
        .await
}

/// Removes the rounds that ended before an instant.
pub(super) async fn delete_runs_before(tx: &Tx, before: Instant) -> Result<(), DbErr> {
    let old = refresh_run::Entity::delete_many().filter(refresh_run::Column::FinishedAt.lt(before));
    old.exec(tx).await?;
    Ok(())
}

/// Counts connections by state.
pub(super) async fn count_by_status(
    db: &impl ConnectionTrait,
) -> Result<Vec<(ConnectionStatus, i64)>, DbErr> {
    connection::Entity::find()
        .select_only()
        .column(connection::Column::Status)
        .column_as(connection::Column::Id.count(), "connections")
        .group_by(connection::Column::Status)
        .into_tuple()
        .all(db)
        .await
}

/// Finds the connection that a user's login at a bank has already.
pub(super) async fn find_same(
    db: &impl ConnectionTrait,
    user: UserId,
    (provider_id, credentials_id): (&str, &str),
) -> Result<Option<Connection>, DbErr> {
    connection::Entity::find()
        .filter(connection::Column::UserId.eq(user))
        .filter(connection::Column::ProviderId.eq(provider_id))
        .filter(connection::Column::CredentialsId.eq(credentials_id))
        .one(db)
        .await
}

pub(super) async fn list(
    db: &impl ConnectionTrait,
    user: UserId,
    page: PageRequest,
) -> Result<Page<Connection>, DbErr> {
    let after: Option<ConnectionId> = page.after.and_then(|cursor| cursor.key().ok());
    let rows = connection::Entity::find()
        .filter(connection::Column::UserId.eq(user))
        .apply_if(after, |query, id| query.filter(connection::Column::Id.lt(id)))
        .order_by_desc(connection::Column::Id)
        .limit(u64::from(page.limit) + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, page.limit, |row| Cursor::new(row.id)))
}

pub(super) async fn delete(tx: &Tx, id: ConnectionId) -> Result<(), DbErr> {
    connection::Entity::delete_by_id(id).exec(tx).await?;
    Ok(())
}

pub(super) async fn insert_state(tx: &Tx, row: OauthState) -> Result<(), DbErr> {
    row.into_active_model().reset_all().insert(tx).await?;
    Ok(())
}

/// Takes a state away from its user; of two returns at once only one gets it.
pub(super) async fn take_state(tx: &Tx, hash: &[u8], user: UserId) -> Result<Option<OauthState>, DbErr> {
    let taken = oauth_state::Entity::delete_many()
        .filter(oauth_state::Column::StateHash.eq(hash))
        .filter(oauth_state::Column::UserId.eq(user))
        .exec_with_returning(tx)
        .await?;
    Ok(taken.into_iter().next())
}

pub(super) async fn delete_states_of(tx: &Tx, id: ConnectionId) -> Result<(), DbErr> {
    let of = oauth_state::Column::ConnectionId.eq(id);
    oauth_state::Entity::delete_many().filter(of).exec(tx).await?;
    Ok(())
}

/// Deletes the states whose time is over.
pub(super) async fn delete_states_before(tx: &Tx, before: Instant) -> Result<u64, DbErr> {
    let old = oauth_state::Entity::delete_many().filter(oauth_state::Column::ExpiresAt.lte(before));
    Ok(old.exec(tx).await?.rows_affected)
}

/// Lists connections whose customers began before an instant and never came back.
pub(super) async fn pending_since(
    db: &impl ConnectionTrait,
    before: Instant,
    most: u64,
) -> Result<Vec<Connection>, DbErr> {
    connection::Entity::find()
        .filter(connection::Column::Status.eq(ConnectionStatus::Pending))
        .filter(connection::Column::UpdatedAt.lte(before))
        .order_by_asc(connection::Column::Id)
        .limit(most)
        .all(db)
        .await
}
