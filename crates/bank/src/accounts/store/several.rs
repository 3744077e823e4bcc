//! Many accounts with one statement.

use kernel::{AccountId, AccountNumber, Currency, UserId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
};

use super::super::model::{Account, OwnerRole, Product, account_owner, account_row, product_row};

type Row = (Account, Option<Product>);

/// Finds accounts by their numbers, with their products.
pub(crate) async fn by_numbers(
    conn: &impl ConnectionTrait,
    numbers: &[AccountNumber],
) -> Result<Vec<(Account, Product)>, DbErr> {
    let wanted = account_row::Column::Number.is_in(numbers.iter().cloned());
    let rows =
        account_row::Entity::find().filter(wanted).find_also_related(product_row::Entity).all(conn).await?;
    Ok(complete(rows))
}

/// Finds accounts by their ids, with their products.
pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    ids: &[AccountId],
) -> Result<Vec<(Account, Product)>, DbErr> {
    let wanted = account_row::Column::Id.is_in(ids.iter().copied());
    let rows =
        account_row::Entity::find().filter(wanted).find_also_related(product_row::Entity).all(conn).await?;
    Ok(complete(rows))
}

/// Returns numbers and currencies of accounts, the newest account first.
pub(crate) async fn numbers(
    conn: &impl ConnectionTrait,
    ids: Vec<AccountId>,
) -> Result<Vec<(AccountId, AccountNumber, Currency)>, DbErr> {
    use account_row::Column;
    account_row::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Number])
        .column(product_row::Column::Currency)
        .join(JoinType::InnerJoin, account_row::Relation::Product.def())
        .filter(Column::Id.is_in(database::padded(ids)))
        .order_by_desc(Column::Id)
        .into_tuple()
        .all(conn)
        .await
}

/// Returns what a person is to which accounts, the newest account first, at most `most` of them.
pub(crate) async fn owned_by(
    conn: &impl ConnectionTrait,
    user: UserId,
    most: u64,
) -> Result<Vec<(AccountId, OwnerRole)>, DbErr> {
    let owned = account_owner::Entity::find().filter(account_owner::Column::UserId.eq(user));
    let rows = owned.order_by_desc(account_owner::Column::AccountId).limit(most).all(conn).await?;
    Ok(rows.into_iter().map(|owner| (owner.account_id, owner.role)).collect())
}

fn complete(rows: Vec<Row>) -> Vec<(Account, Product)> {
    rows.into_iter().filter_map(|(account, product)| Some((account, product?))).collect()
}
