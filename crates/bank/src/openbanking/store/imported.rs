//! The tables `truelayer_accounts`, `truelayer_transactions` and `truelayer_pending_transactions`.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use database::Tx;
use kernel::{ConnectionId, Cursor, ExternalAccountId, ExternalTransactionId, Page, PageRequest, UserId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::openbanking::{
    ExternalAccount, ExternalTransaction, PendingTransaction, RowPlace, external_account,
    external_instruction, external_transaction, pending_transaction, read_state, read_task,
};

/// How many rows one statement writes: each has a dozen values.
pub(super) const ROWS: usize = 200;

pub(in crate::openbanking) async fn accounts_of(
    db: &impl ConnectionTrait,
    connection_id: ConnectionId,
) -> Result<Vec<ExternalAccount>, DbErr> {
    external_account::Entity::find()
        .filter(external_account::Column::ConnectionId.eq(connection_id))
        .order_by_asc(external_account::Column::Id)
        .all(db)
        .await
}

/// Lists everything that a user lets us read, whatever link reads it.
pub(in crate::openbanking) async fn accounts_of_user(
    db: &impl ConnectionTrait,
    user_id: UserId,
) -> Result<Vec<ExternalAccount>, DbErr> {
    external_account::Entity::find()
        .filter(external_account::Column::UserId.eq(user_id))
        .order_by_asc(external_account::Column::Id)
        .all(db)
        .await
}

/// Finds the account that was read first, whoever's it is.
pub(in crate::openbanking) async fn any_account(
    db: &impl ConnectionTrait,
) -> Result<Option<ExternalAccount>, DbErr> {
    external_account::Entity::find().order_by_asc(external_account::Column::Id).one(db).await
}

pub(in crate::openbanking) async fn of_id(
    db: &impl ConnectionTrait,
    id: ExternalAccountId,
) -> Result<Option<ExternalAccount>, DbErr> {
    external_account::Entity::find_by_id(id).one(db).await
}

/// Finds an account of a user's connection.
pub(in crate::openbanking) async fn find_account(
    db: &impl ConnectionTrait,
    (connection_id, id): (ConnectionId, ExternalAccountId),
    user_id: UserId,
) -> Result<Option<ExternalAccount>, DbErr> {
    external_account::Entity::find_by_id(id)
        .filter(external_account::Column::ConnectionId.eq(connection_id))
        .filter(external_account::Column::UserId.eq(user_id))
        .one(db)
        .await
}

/// Finds the account that a user has under a key, whatever link reads it.
pub(in crate::openbanking) async fn find_by_key(
    db: &impl ConnectionTrait,
    user_id: UserId,
    key: &[u8],
) -> Result<Option<ExternalAccount>, DbErr> {
    external_account::Entity::find()
        .filter(external_account::Column::UserId.eq(user_id))
        .filter(external_account::Column::AccountKey.eq(key))
        .one(db)
        .await
}

/// Finds an account and keeps others from changing it or its rows until the transaction ends.
pub(in crate::openbanking) async fn lock_account(
    tx: &Tx,
    id: ExternalAccountId,
) -> Result<Option<ExternalAccount>, DbErr> {
    external_account::Entity::find_by_id(id).lock_exclusive().one(tx).await
}

pub(in crate::openbanking) async fn insert_account(tx: &Tx, row: ExternalAccount) -> Result<(), DbErr> {
    let insert = external_account::Entity::insert(row.into_active_model().reset_all());
    insert.exec_without_returning(tx).await?;
    Ok(())
}

pub(in crate::openbanking) async fn update_account(tx: &Tx, row: ExternalAccount) -> Result<(), DbErr> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

/// Lists an account's rows from a day on.
pub(in crate::openbanking) async fn rows_since(
    db: &impl ConnectionTrait,
    account_id: ExternalAccountId,
    from: NaiveDate,
) -> Result<Vec<ExternalTransaction>, DbErr> {
    external_transaction::Entity::find()
        .filter(external_transaction::Column::AccountId.eq(account_id))
        .filter(external_transaction::Column::BookedOn.gte(from))
        .order_by_asc(external_transaction::Column::BookedOn)
        .order_by_asc(external_transaction::Column::Id)
        .all(db)
        .await
}

/// Lists an account's rows from a day on, and older ones that are among those just read.
pub(in crate::openbanking) async fn rows_to_compare(
    db: &impl ConnectionTrait,
    account_id: ExternalAccountId,
    (from, hashes): (NaiveDate, BTreeSet<Vec<u8>>),
) -> Result<Vec<ExternalTransaction>, DbErr> {
    let mut rows = rows_since(db, account_id, from).await?;
    for some in hashes.into_iter().collect::<Vec<_>>().chunks(ROWS) {
        let older = external_transaction::Entity::find()
            .filter(external_transaction::Column::AccountId.eq(account_id))
            .filter(external_transaction::Column::RowHash.is_in(some.to_vec()))
            .filter(external_transaction::Column::BookedOn.lt(from))
            .all(db)
            .await?;
        rows.extend(older);
    }
    Ok(rows)
}

/// Lists an account's rows within days, the newest first.
pub(in crate::openbanking) async fn rows(
    db: &impl ConnectionTrait,
    account_id: ExternalAccountId,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    page: PageRequest,
) -> Result<Page<ExternalTransaction>, DbErr> {
    use external_transaction::Column;
    let after: Option<RowPlace> = page.after.and_then(|cursor| cursor.key().ok());
    let behind = after.map(|RowPlace { booked_on, id }| {
        let same_day = Condition::all().add(Column::BookedOn.eq(booked_on)).add(Column::Id.lt(id));
        Condition::any().add(Column::BookedOn.lt(booked_on)).add(same_day)
    });
    let rows = external_transaction::Entity::find()
        .filter(Column::AccountId.eq(account_id))
        .apply_if(from, |query, from| query.filter(Column::BookedOn.gte(from)))
        .apply_if(to, |query, to| query.filter(Column::BookedOn.lte(to)))
        .apply_if(behind, QueryFilter::filter)
        .order_by_desc(Column::BookedOn)
        .order_by_desc(Column::Id)
        .limit(u64::from(page.limit) + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, page.limit, |row| Cursor::new(RowPlace { booked_on: row.booked_on, id: row.id })))
}

pub(in crate::openbanking) async fn insert_rows(
    tx: &Tx,
    rows: Vec<ExternalTransaction>,
) -> Result<(), DbErr> {
    for some in rows.chunks(ROWS) {
        let some = some.iter().map(|row| row.clone().into_active_model().reset_all());
        external_transaction::Entity::insert_many(some).exec_without_returning(tx).await?;
    }
    Ok(())
}

pub(in crate::openbanking) async fn update_row(tx: &Tx, row: ExternalTransaction) -> Result<(), DbErr> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

pub(in crate::openbanking) async fn delete_rows(
    tx: &Tx,
    ids: Vec<ExternalTransactionId>,
) -> Result<(), DbErr> {
    for some in ids.chunks(ROWS) {
        let gone = external_transaction::Column::Id.is_in(some.iter().copied());
        external_transaction::Entity::delete_many().filter(gone).exec(tx).await?;
    }
    Ok(())
}

/// Deletes everything that was read through a connection and through no later one.
pub(in crate::openbanking) async fn erase(tx: &Tx, connection_id: ConnectionId) -> Result<(), DbErr> {
    let of_connection = external_account::Column::ConnectionId.eq(connection_id);
    let accounts = external_account::Entity::find()
        .select_only()
        .column(external_account::Column::Id)
        .filter(of_connection.clone())
        .into_query();
    let announced = pending_transaction::Column::AccountId.in_subquery(accounts.clone());
    pending_transaction::Entity::delete_many().filter(announced).exec(tx).await?;
    let instructions = external_instruction::Column::AccountId.in_subquery(accounts.clone());
    external_instruction::Entity::delete_many().filter(instructions).exec(tx).await?;
    let waiting = read_task::Column::AccountId.in_subquery(accounts.clone());
    read_task::Entity::delete_many().filter(waiting).exec(tx).await?;
    let booked = external_transaction::Column::AccountId.in_subquery(accounts);
    external_transaction::Entity::delete_many().filter(booked).exec(tx).await?;
    external_account::Entity::delete_many().filter(of_connection).exec(tx).await?;
    read_state::Entity::delete_many()
        .filter(read_state::Column::ConnectionId.eq(connection_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Lists what is announced on an account, the newest first.
pub(in crate::openbanking) async fn announced(
    db: &impl ConnectionTrait,
    account_id: ExternalAccountId,
) -> Result<Vec<PendingTransaction>, DbErr> {
    pending_transaction::Entity::find()
        .filter(pending_transaction::Column::AccountId.eq(account_id))
        .order_by_desc(pending_transaction::Column::AnnouncedOn)
        .order_by_desc(pending_transaction::Column::Id)
        .all(db)
        .await
}

/// Puts what is announced now in the place of what was.
pub(in crate::openbanking) async fn replace_announced(
    tx: &Tx,
    account_id: ExternalAccountId,
    rows: Vec<PendingTransaction>,
) -> Result<(), DbErr> {
    let old = pending_transaction::Column::AccountId.eq(account_id);
    pending_transaction::Entity::delete_many().filter(old).exec(tx).await?;
    for some in rows.chunks(ROWS) {
        let some = some.iter().map(|row| row.clone().into_active_model().reset_all());
        pending_transaction::Entity::insert_many(some).exec_without_returning(tx).await?;
    }
    Ok(())
}
