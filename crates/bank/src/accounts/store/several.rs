//! Many accounts with one statement.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use database::{ByIds, Columns, Database};
use kernel::{AccountId, AccountNumber, Currency, UserId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect,
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

/// Numbers and currencies of accounts, the newest account first.
static NUMBERS: LazyLock<ByIds> = LazyLock::new(|| {
    let of = "from accounts a join products p on p.code = a.product_code";
    ByIds::new(format!("select a.id, a.number, p.currency {of} where a.id {{ids}} order by a.id desc"))
});

/// An account with its number and its currency.
pub(crate) type Numbered = (AccountId, AccountNumber, Currency);

/// Returns numbers and currencies of accounts, the newest account first.
pub(crate) async fn numbers(conn: &impl ConnectionTrait, ids: &[AccountId]) -> Result<Vec<Numbered>, DbErr> {
    let ids = database::padded(ids.to_vec());
    let statement = NUMBERS.statement(conn.get_database_backend(), ids.iter().map(|id| id.uuid()));
    conn.query_all_raw(statement).await?.iter().map(number).collect()
}

/// Returns numbers and currencies for a look at them, together with what others look at in this moment.
pub(crate) async fn gather_numbers(db: &Database, ids: &[AccountId]) -> Result<Vec<Numbered>, DbErr> {
    let ids: BTreeSet<AccountId> = ids.iter().copied().collect();
    db.gather(&NUMBERS, ids.iter().map(|id| id.uuid())).await?.iter().map(number).collect()
}

/// What accounts are called by others: no number where an account is the bank's own.
static OTHERS: LazyLock<ByIds> = LazyLock::new(|| {
    ByIds::new(
        "select l.id, a.number from ledger_accounts l left join accounts a on a.id = l.id where l.id {ids}",
    )
});

/// Returns the number of each account, none of the bank's own, together with what others look at in this moment.
pub(crate) async fn gather_others(
    db: &Database,
    ids: impl IntoIterator<Item = AccountId>,
) -> Result<Vec<(AccountId, Option<AccountNumber>)>, DbErr> {
    let rows = db.gather(&OTHERS, ids.into_iter().map(AccountId::uuid)).await?;
    let other = |row| {
        let mut columns = Columns::of(row);
        Ok((columns.take()?, columns.take()?))
    };
    rows.iter().map(other).collect()
}

fn number(row: &QueryResult) -> Result<Numbered, DbErr> {
    let mut columns = Columns::of(row);
    Ok((columns.take()?, columns.take()?, columns.take()?))
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
