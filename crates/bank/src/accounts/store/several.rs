//! Many accounts with one statement.

use kernel::{AccountId, AccountNumber, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

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
