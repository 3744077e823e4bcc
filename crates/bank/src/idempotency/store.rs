//! The ledger's table of receipts, as every route but the ledger's own fast path uses it.

use database::Tx;
use kernel::Instant;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter,
};

use super::Receipt;
use super::model::receipt::{Column, Entity};

/// Claims the key; false when it is taken. Waits for another transaction that claims it at this moment.
pub(crate) async fn claim(tx: &Tx, receipt: Receipt) -> Result<bool, DbErr> {
    let taken = OnConflict::columns([Column::Scope, Column::Key]).do_nothing().to_owned();
    let insert = Entity::insert(receipt.into_active_model().reset_all()).on_conflict(taken);
    Ok(insert.exec_without_returning(tx).await? > 0)
}

/// Returns what is stored under the key.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    scope: &str,
    key: &str,
) -> Result<Option<Receipt>, DbErr> {
    Entity::find_by_id((scope.to_owned(), key.to_owned())).one(connection).await
}

/// Writes the answer beside the claim of the same transaction.
pub(crate) async fn answer(tx: &Tx, scope: &str, key: &str, status: i16, text: &str) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Status, status.into())
        .col_expr(Column::Answer, text.into())
        .filter(Column::Scope.eq(scope).and(Column::Key.eq(key)));
    update.exec(tx).await?;
    Ok(())
}

/// Gives the key back.
pub(crate) async fn release(tx: &Tx, scope: &str, key: &str) -> Result<(), DbErr> {
    Entity::delete_by_id((scope.to_owned(), key.to_owned())).exec(tx).await?;
    Ok(())
}

/// Forgets answers given before `instant`; says how many.
pub(crate) async fn delete_before(tx: &Tx, instant: Instant) -> Result<u64, DbErr> {
    let deleted = Entity::delete_many().filter(Column::CreatedAt.lt(instant)).exec(tx).await?;
    Ok(deleted.rows_affected)
}
