//! Many accounts with one statement.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use database::{ByIds, Columns, Database};
use kernel::{AccountId, AccountNumber, Currency, UserId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect,
    Statement,
};

use super::super::model::{
    Account, AccountOwner, OwnerRole, Product, account_owner, account_row, product_row,
};
use crate::kyc::KycLevel;

/// Finds accounts by their numbers, with their products.
pub(crate) async fn by_numbers(
    conn: &impl ConnectionTrait,
    numbers: &[AccountNumber],
) -> Result<Vec<(Account, Product)>, DbErr> {
    let wanted = account_row::Column::Number.is_in(numbers.iter().cloned());
    let rows =
        account_row::Entity::find().filter(wanted).find_also_related(product_row::Entity).all(conn).await?;
    Ok(rows.into_iter().filter_map(|(account, product)| Some((account, product?))).collect())
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

/// What an owner is to an open account, and what decides on payments from it.
pub(crate) struct Share {
    pub(crate) owner: AccountOwner,
    /// The least level of every holder.
    pub(crate) minimum_kyc_level: KycLevel,
    /// How often rights to the account have changed.
    pub(crate) access_version: i64,
}

/// Returns all owners of the open ones among the newest `most` accounts of a person, account by account.
///
/// One statement, and so one moment: whoever changes a right afterwards raises the version that was read with it.
pub(crate) async fn shares_of(
    conn: &impl ConnectionTrait,
    user: UserId,
    most: u64,
) -> Result<Vec<Share>, DbErr> {
    let sql = "
        with mine as (
          select account_id from account_owners where user_id = $1 order by account_id desc limit $2
        )
        select o.account_id, o.user_id, o.role, o.added_at, p.minimum_kyc_level, l.access_version
          from mine
          join accounts a on a.id = mine.account_id
          join products p on p.code = a.product_code
          join ledger_accounts l on l.id = mine.account_id
          join account_owners o on o.account_id = mine.account_id
         where a.closed_at is null
         order by o.account_id";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let values = [user.into(), most.into()];
    let asked = Statement::from_sql_and_values(conn.get_database_backend(), sql, values);
    conn.query_all_raw(asked).await?.iter().map(share).collect()
}

fn share(row: &QueryResult) -> Result<Share, DbErr> {
    let mut columns = Columns::of(row);
    let (account_id, user_id) = (columns.take()?, columns.take()?);
    let owner = AccountOwner { account_id, user_id, role: columns.take()?, added_at: columns.take()? };
    Ok(Share { owner, minimum_kyc_level: columns.take()?, access_version: columns.take()? })
}
