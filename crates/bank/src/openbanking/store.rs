//! The tables `truelayer_connections` and `truelayer_refresh_runs`.

pub(super) mod calls;
pub(super) mod days;
pub(super) mod imported;
pub(super) mod inbox;
pub(super) mod instructions;
pub(super) mod payments;
pub(super) mod states;
pub(super) mod tasks;

use database::Tx;
use kernel::{ConnectionId, Cursor, Instant, Page, PageRequest, UserId};
use sea_orm::ActiveValue::NotSet;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Set,
};

use super::{Connection, ConnectionFilter, ConnectionStatus, RefreshRun, connection, refresh_run};

/// What new tokens bring back, or keep, at work.
const WORKING: [ConnectionStatus; 2] = [ConnectionStatus::Active, ConnectionStatus::Error];

pub(super) async fn insert(tx: &Tx, row: Connection) -> Result<(), DbErr> {
    row.into_active_model().reset_all().insert(tx).await?;
    Ok(())
}

/// Writes a row if it still has the version before this one's; says whether it had.
pub(super) async fn update(tx: &Tx, row: Connection) -> Result<bool, DbErr> {
    let (id, before) = (row.id, row.version - 1);
    let changed = connection::ActiveModel { id: NotSet, ..row.into_active_model().reset_all() };
    let update = connection::Entity::update_many().set(changed);
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

/// Gives a lease back; the mark of a question that nobody heard the answer to stays.
pub(super) async fn release(tx: &Tx, leased: &Connection, is_marked: bool) -> Result<(), DbErr> {
    let begun_at = leased.refresh_begun_at.filter(|_| is_marked);
    connection::Entity::update_many()
        .col_expr(connection::Column::RefreshBegunAt, Expr::value(begun_at))
        .col_expr(connection::Column::RefreshLeaseId, Expr::value(None::<Uuid>))
        .col_expr(connection::Column::RefreshLeaseUntil, Expr::value(None::<Instant>))
        .filter(connection::Column::Id.eq(leased.id))
        .filter(connection::Column::RefreshLeaseId.eq(leased.refresh_lease_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Writes what asking for new tokens brought, and nothing else of the row, over the tokens that were sent; says whether
/// those still count and the connection is not over. A failure is written by whoever still has the lease.
pub(super) async fn write_refreshed(tx: &Tx, row: &Connection, leased: &Connection) -> Result<bool, DbErr> {
    let changed = connection::ActiveModel {
        status: Set(row.status),
        end_reason: Set(row.end_reason),
        access_token: Set(row.access_token.clone()),
        refresh_token: Set(row.refresh_token.clone()),
        previous_refresh_token: Set(row.previous_refresh_token.clone()),
        expires_at: Set(row.expires_at),
        token_version: Set(row.token_version),
        refreshed_at: Set(row.refreshed_at),
        refresh_begun_at: Set(row.refresh_begun_at),
        refresh_lease_id: Set(row.refresh_lease_id),
        refresh_lease_until: Set(row.refresh_lease_until),
        last_error: Set(row.last_error.clone()),
        next_attempt_at: Set(row.next_attempt_at),
        updated_at: Set(row.updated_at),
        ..Default::default()
    };
    let is_failure = row.token_version == leased.token_version;
    let lease = is_failure.then(|| connection::Column::RefreshLeaseId.eq(leased.refresh_lease_id));
    let update = connection::Entity::update_many()
        .set(changed)
        .col_expr(connection::Column::Version, Expr::col(connection::Column::Version).add(1))
        .filter(connection::Column::Id.eq(row.id))
        .filter(connection::Column::TokenVersion.eq(leased.token_version))
        .filter(connection::Column::Status.is_in(WORKING))
        .filter(Condition::all().add_option(lease));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Lists connections that work or may work again, in order, from the one after `after`.
pub(super) async fn working_after(
    db: &impl ConnectionTrait,
    after: Option<ConnectionId>,
    most: u64,
) -> Result<Vec<Connection>, DbErr> {
    connection::Entity::find()
        .filter(connection::Column::Status.is_in(WORKING))
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
        .filter(connection::Column::Status.is_in(WORKING))
        .filter(connection::Column::ConsentExpiresAt.lte(now))
        .order_by_asc(connection::Column::ConsentExpiresAt)
        .limit(most)
        .all(db)
        .await
}

/// Lists connections that work and whose consent ends before an instant, in order, from the one after `after`.
pub(super) async fn ending_before(
    db: &impl ConnectionTrait,
    before: Instant,
    after: Option<ConnectionId>,
    most: u64,
) -> Result<Vec<Connection>, DbErr> {
    connection::Entity::find()
        .filter(connection::Column::Status.eq(ConnectionStatus::Active))
        .filter(connection::Column::ConsentExpiresAt.lte(before))
        .apply_if(after, |query, id| query.filter(connection::Column::Id.gt(id)))
        .order_by_asc(connection::Column::Id)
        .limit(most)
        .all(db)
        .await
}

/// Lists the connections whose accounts are to be read.
pub(super) async fn due_for_a_pull(
    db: &impl ConnectionTrait,
    now: Instant,
    most: u64,
) -> Result<Vec<ConnectionId>, DbErr> {
    connection::Entity::find()
        .select_only()
        .column(connection::Column::Id)
        .filter(connection::Column::Status.eq(ConnectionStatus::Active))
        .filter(connection::Column::NextPullAt.lte(now))
        .order_by_asc(connection::Column::NextPullAt)
        .limit(most)
        .into_tuple()
        .all(db)
        .await
}

/// Lists connections that were revoked before an instant and whose accounts are still there.
pub(super) async fn to_be_erased(
    db: &impl ConnectionTrait,
    before: Instant,
    most: u64,
) -> Result<Vec<Connection>, DbErr> {
    connection::Entity::find()
        .filter(connection::Column::Status.eq(ConnectionStatus::Revoked))
        .filter(connection::Column::ErasedAt.is_null())
        .filter(connection::Column::UpdatedAt.lte(before))
        .order_by_asc(connection::Column::Id)
        .limit(most)
        .all(db)
        .await
}

/// Says when a connection's accounts are read next; no other change to the row matters to that.
pub(super) async fn set_next_pull(tx: &Tx, id: ConnectionId, at: Instant) -> Result<(), DbErr> {
    connection::Entity::update_many()
        .col_expr(connection::Column::NextPullAt, Expr::value(at))
        .filter(connection::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
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

/// Finds the last round that ended after an instant.
pub(super) async fn last_run_since(
    db: &impl ConnectionTrait,
    since: Instant,
) -> Result<Option<RefreshRun>, DbErr> {
    refresh_run::Entity::find()
        .filter(refresh_run::Column::FinishedAt.gt(since))
        .order_by_desc(refresh_run::Column::FinishedAt)
        .one(db)
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

/// Names the operator's keys that seal connections' own, in order: one look into the index for each.
pub(super) async fn key_ids_in_use(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    const KEY_ID: &str = "substr(data_key, 5, 8)";
    let mut found: Vec<String> = Vec::new();
    loop {
        let after = found.last().cloned().unwrap_or_default();
        let next: Option<Option<String>> = connection::Entity::find()
            .select_only()
            .column_as(Expr::cust(format!("min({KEY_ID})")), "key_id")
            .filter(Expr::cust(KEY_ID).gt(after))
            .into_tuple()
            .one(db)
            .await?;
        match next.flatten() {
            Some(key_id) => found.push(key_id),
            None => return Ok(found),
        }
    }
}

/// Counts connections by the operator's key that seals theirs.
pub(super) async fn count_by_key(db: &impl ConnectionTrait) -> Result<Vec<(String, i64)>, DbErr> {
    connection::Entity::find()
        .select_only()
        .column_as(Expr::cust("substr(data_key, 5, 8)"), "key_id")
        .column_as(connection::Column::Id.count(), "connections")
        .filter(connection::Column::DataKey.is_not_null())
        .group_by(Expr::cust("substr(data_key, 5, 8)"))
        .into_tuple()
        .all(db)
        .await
}

/// Lists connections whose key is sealed under another of the operator's keys than `current`.
pub(super) async fn under_another_key(
    db: &impl ConnectionTrait,
    current: &str,
    most: u64,
) -> Result<Vec<(ConnectionId, UserId, String)>, DbErr> {
    connection::Entity::find()
        .select_only()
        .columns([connection::Column::Id, connection::Column::UserId, connection::Column::DataKey])
        .filter(connection::Column::DataKey.not_like(format!("tl1.{current}.%")))
        .limit(most)
        .into_tuple()
        .all(db)
        .await
}

/// Puts a connection's key, sealed again, in place of what it was, unless somebody was faster; returns how many rows changed.
pub(super) async fn replace_data_key(
    tx: &Tx,
    id: ConnectionId,
    (old, sealed): (&str, String),
) -> Result<u64, DbErr> {
    let update = connection::Entity::update_many()
        .col_expr(connection::Column::DataKey, Expr::value(sealed))
        .col_expr(connection::Column::Version, Expr::col(connection::Column::Version).add(1))
        .filter(connection::Column::Id.eq(id))
        .filter(connection::Column::DataKey.eq(old));
    Ok(update.exec(tx).await?.rows_affected)
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

/// Lists everybody's connections, newest first.
pub(super) async fn list_all(
    db: &impl ConnectionTrait,
    ConnectionFilter { status, provider_id }: ConnectionFilter,
    page: PageRequest,
) -> Result<Page<Connection>, DbErr> {
    let after: Option<ConnectionId> = page.after.and_then(|cursor| cursor.key().ok());
    let rows = connection::Entity::find()
        .apply_if(status, |query, status| query.filter(connection::Column::Status.eq(status)))
        .apply_if(provider_id, |query, id| query.filter(connection::Column::ProviderId.eq(id)))
        .apply_if(after, |query, id| query.filter(connection::Column::Id.lt(id)))
        .order_by_desc(connection::Column::Id)
        .limit(u64::from(page.limit) + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, page.limit, |row| Cursor::new(row.id)))
}

/// Counts connections that work and whose consent ends before an instant.
pub(super) async fn count_ending_before(db: &impl ConnectionTrait, before: Instant) -> Result<u64, DbErr> {
    connection::Entity::find()
        .filter(connection::Column::Status.eq(ConnectionStatus::Active))
        .filter(connection::Column::ConsentExpiresAt.lte(before))
        .count(db)
        .await
}

pub(super) async fn delete(tx: &Tx, id: ConnectionId) -> Result<(), DbErr> {
    connection::Entity::delete_by_id(id).exec(tx).await?;
    Ok(())
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
