//! The tables `products`, `accounts`, `account_owners`, `account_pending_work` and `account_serials`.

pub(crate) mod several;

use std::sync::LazyLock;

use database::{ByIds, Database, Tx};
use kernel::{AccountId, AccountNumber, CountryCode, Currency, Instant, PageRequest, UserId};
use ledger::AccountStatus;
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    IntoActiveModel, JoinType, QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait, RelationTrait,
    Set, Statement,
};

use super::model::{
    Account, AccountOwner, PendingWork, Product, account_owner, account_row, pending_work, product_row,
};

/// Narrows a list of accounts.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only accounts of this person.
    pub owner: Option<UserId>,
    /// Only accounts in this status.
    pub status: Option<AccountStatus>,
    /// Only accounts of this product.
    pub product_code: Option<String>,
    /// Only accounts whose number or nickname has this in it, or that are found by `id` or `holders`.
    pub text: Option<String>,
    /// What the text is, where it is an id.
    pub id: Option<AccountId>,
    /// Whose name or address has the text in it.
    pub holders: Vec<UserId>,
}

pub(crate) async fn products(conn: &impl ConnectionTrait) -> Result<Vec<Product>, DbErr> {
    product_row::Entity::find().order_by_asc(product_row::Column::Code).all(conn).await
}

pub(crate) async fn find_product(conn: &impl ConnectionTrait, code: &str) -> Result<Option<Product>, DbErr> {
    product_row::Entity::find_by_id(code).one(conn).await
}

/// Accounts with their products and owners, the first holder first: one row for each owner.
static OWNED: LazyLock<ByIds> = LazyLock::new(|| {
    ByIds::new(
        "
select a.id as a_id, a.product_code as a_product_code, a.number as a_number, a.country as a_country,
       a.nickname as a_nickname, a.search_text as a_search_text, a.opened_at as a_opened_at,
       a.closed_at as a_closed_at,
       p.code as p_code, p.name as p_name, p.kind as p_kind, p.currency as p_currency,
       p.minimum_kyc_level as p_minimum_kyc_level, p.most_overdraft_minor as p_most_overdraft_minor,
       p.monthly_fee_minor as p_monthly_fee_minor, p.single_limit_minor as p_single_limit_minor,
       p.day_limit_minor as p_day_limit_minor, p.month_limit_minor as p_month_limit_minor,
       p.most_single_limit_minor as p_most_single_limit_minor, p.most_day_limit_minor as p_most_day_limit_minor,
       p.most_month_limit_minor as p_most_month_limit_minor,
       o.account_id as o_account_id, o.user_id as o_user_id, o.role as o_role, o.added_at as o_added_at
  from accounts a
  join products p on p.code = a.product_code
  left join account_owners o on o.account_id = a.id
 where a.id {ids}
 order by o.added_at, o.user_id",
    )
});

/// An account with its product and its owners, the first holder first.
pub(crate) type Owned = (Account, Product, Vec<AccountOwner>);

/// Finds an account with its product and its owners.
pub(crate) async fn find_owned(conn: &impl ConnectionTrait, id: AccountId) -> Result<Option<Owned>, DbErr> {
    let rows = conn.query_all_raw(OWNED.statement(conn.get_database_backend(), [id.uuid()])).await?;
    owned(rows.iter())
}

/// Finds an account for a look at it, together with others that are looked at in this moment.
pub(crate) async fn gather_owned(db: &Database, id: AccountId) -> Result<Option<Owned>, DbErr> {
    owned(db.gather(&OWNED, [id.uuid()]).await?.iter())
}

fn owned<'a>(rows: impl Iterator<Item = &'a QueryResult>) -> Result<Option<Owned>, DbErr> {
    let mut rows = rows.peekable();
    let Some(first) = rows.peek() else { return Ok(None) };
    let (account, product) =
        (Account::from_query_result(first, "a_")?, Product::from_query_result(first, "p_")?);
    let owners = rows.filter_map(|row| AccountOwner::from_query_result_optional(row, "o_").transpose());
    Ok(Some((account, product, owners.collect::<Result<_, _>>()?)))
}

pub(crate) async fn find_by_number(
    conn: &impl ConnectionTrait,
    number: &AccountNumber,
) -> Result<Option<(Account, Product)>, DbErr> {
    let by_number = account_row::Column::Number.eq(number.clone());
    let found = account_row::Entity::find()
        .filter(by_number)
        .find_also_related(product_row::Entity)
        .one(conn)
        .await?;
    Ok(found.and_then(|(account, product)| Some((account, product?))))
}

/// Keeps others from changing the account's owners, work and end until the transaction ends.
pub(crate) async fn lock(tx: &Tx, id: AccountId) -> Result<Option<Account>, DbErr> {
    account_row::Entity::find_by_id(id).lock_exclusive().one(tx).await
}

/// Lists accounts, newest first; reads one row more than the page has.
pub(crate) async fn list(
    conn: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<AccountId>,
) -> Result<Vec<(Account, Product)>, DbErr> {
    use account_row::Column;
    let rows = account_row::Entity::find()
        .apply_if(filter.owner, |query, owner| query.filter(Column::Id.in_subquery(accounts_of(owner))))
        .apply_if(filter.status, |query, status| query.filter(Column::Id.in_subquery(accounts_in(status))))
        .apply_if(filter.product_code.as_deref(), |query, code| query.filter(Column::ProductCode.eq(code)))
        .apply_if(filter.text.as_deref(), |query, text| query.filter(found_by(text, filter)))
        .apply_if(after, |query, after| query.filter(Column::Id.lt(after)))
        .order_by_desc(Column::Id)
        .limit(u64::from(page.limit) + 1)
        .find_also_related(product_row::Entity)
        .all(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|(account, product)| Some((account, product?))).collect())
}

fn accounts_of(user: UserId) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column(account_owner::Column::AccountId)
        .from(account_owner::Entity)
        .and_where(account_owner::Column::UserId.eq(user))
        .to_owned()
}

/// Says how a text finds accounts.
fn found_by(text: &str, filter: &Filter) -> Condition {
    let Filter { id, holders, .. } = filter;
    let of_holders = (!holders.is_empty()).then(|| {
        let owned = account_owner::Column::UserId.is_in(holders.iter().copied());
        let accounts = Query::select()
            .column(account_owner::Column::AccountId)
            .from(account_owner::Entity)
            .and_where(owned)
            .to_owned();
        account_row::Column::Id.in_subquery(accounts)
    });
    let by_id = id.map(|id| account_row::Column::Id.eq(id));
    Condition::any().add(contains(text)).add_option(by_id).add_option(of_holders)
}

/// Asks the ledger, which alone knows the status, through its own record.
fn accounts_in(status: AccountStatus) -> sea_orm::sea_query::SelectStatement {
    use ledger::account::ledger_account;
    Query::select()
        .column(ledger_account::Column::Id)
        .from(ledger_account::Entity)
        .and_where(ledger_account::Column::Status.eq(status))
        .to_owned()
}

fn contains(text: &str) -> sea_orm::sea_query::SimpleExpr {
    let escaped: String = text
        .to_lowercase()
        .chars()
        .flat_map(|letter| matches!(letter, '%' | '_' | '\\').then_some('\\').into_iter().chain([letter]))
        .collect();
    Expr::col((account_row::Entity, account_row::Column::SearchText))
        .like(LikeExpr::new(format!("%{escaped}%")).escape('\\'))
}

/// Holds what the monthly fee needs to know of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct FeeAccount {
    /// The account.
    pub id: AccountId,
    /// Its currency.
    pub currency: Currency,
    /// What it costs a month.
    pub monthly_fee_minor: i64,
}

/// Lists accounts that cost something and were opened before an instant, in the order of their ids.
pub(crate) async fn fee_accounts(
    conn: &impl ConnectionTrait,
    opened_before: Instant,
    after: Option<AccountId>,
    most: u64,
) -> Result<Vec<FeeAccount>, DbErr> {
    use account_row::Column;
    account_row::Entity::find()
        .select_only()
        .column(Column::Id)
        .columns([product_row::Column::Currency, product_row::Column::MonthlyFeeMinor])
        .join(JoinType::InnerJoin, account_row::Relation::Product.def())
        .filter(product_row::Column::MonthlyFeeMinor.gt(0))
        .filter(Column::ClosedAt.is_null())
        .filter(Column::OpenedAt.lt(opened_before))
        .apply_if(after, |query, after| query.filter(Column::Id.gt(after)))
        .order_by_asc(Column::Id)
        .limit(most)
        .into_model()
        .all(conn)
        .await
}

/// How many rows of serial numbers each country has; each hands out every sixteenth.
const SERIAL_SLOTS: u128 = 16;

/// Draws the next serial number of a country for an account; none when the bank makes no numbers there.
///
/// The account's id chooses one of sixteen rows: accounts opened at the same time seldom wait for each other.
pub(crate) async fn next_serial(
    tx: &Tx,
    country: CountryCode,
    account: AccountId,
) -> Result<Option<i64>, DbErr> {
    let sql = "
update account_serials
   set next_serial = next_serial + 16
 where country = $1
   and slot = $2
returning next_serial - 16 as serial";
    let slot = i64::try_from(account.uuid().as_u128() % SERIAL_SLOTS).unwrap_or_default();
    let values = [country.into(), slot.into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    tx.query_one_raw(statement).await?.map(|row| row.try_get("", "serial")).transpose()
}

/// Inserts an account; false when its number is taken, and the transaction can go on.
pub(crate) async fn insert(tx: &Tx, account: Account) -> Result<bool, DbErr> {
    let taken = OnConflict::column(account_row::Column::Number).do_nothing().to_owned();
    let insert = account_row::Entity::insert(account.into_active_model().reset_all()).on_conflict(taken);
    Ok(insert.exec_without_returning(tx).await? == 1)
}

pub(crate) async fn set_nickname(
    tx: &Tx,
    id: AccountId,
    nickname: Option<String>,
    search_text: String,
) -> Result<(), DbErr> {
    let change = account_row::ActiveModel {
        id: Set(id),
        nickname: Set(nickname),
        search_text: Set(search_text),
        ..Default::default()
    };
    change.update(tx).await?;
    Ok(())
}

pub(crate) async fn set_closed(tx: &Tx, id: AccountId, at: Instant) -> Result<(), DbErr> {
    let change = account_row::ActiveModel { id: Set(id), closed_at: Set(Some(at)), ..Default::default() };
    change.update(tx).await?;
    Ok(())
}

/// Returns the owners of one account, the first holder first.
pub(crate) async fn owners(conn: &impl ConnectionTrait, id: AccountId) -> Result<Vec<AccountOwner>, DbErr> {
    owners_of_all(conn, &[id]).await
}

pub(crate) async fn owners_of_all(
    conn: &impl ConnectionTrait,
    ids: &[AccountId],
) -> Result<Vec<AccountOwner>, DbErr> {
    account_owner::Entity::find()
        .filter(account_owner::Column::AccountId.is_in(ids.iter().copied()))
        .order_by_asc(account_owner::Column::AddedAt)
        .order_by_asc(account_owner::Column::UserId)
        .all(conn)
        .await
}

pub(crate) async fn insert_owner(tx: &Tx, owner: AccountOwner) -> Result<(), DbErr> {
    account_owner::Entity::insert(owner.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn delete_owner(tx: &Tx, id: AccountId, user: UserId) -> Result<(), DbErr> {
    account_owner::Entity::delete_by_id((id, user)).exec(tx).await?;
    Ok(())
}

/// Notes that something waits on an account; noting it twice changes nothing.
pub(crate) async fn insert_work(tx: &Tx, work: PendingWork, since: Instant) -> Result<(), DbErr> {
    use pending_work::Column;
    let PendingWork { account, kind, subject } = work;
    let row = pending_work::Model { account_id: account, kind: kind.to_owned(), subject_id: subject, since };
    let known =
        OnConflict::columns([Column::AccountId, Column::Kind, Column::SubjectId]).do_nothing().to_owned();
    let insert = pending_work::Entity::insert(row.into_active_model().reset_all()).on_conflict(known);
    insert.exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn delete_work(tx: &Tx, work: PendingWork) -> Result<(), DbErr> {
    let key = (work.account, work.kind.to_owned(), work.subject);
    pending_work::Entity::delete_by_id(key).exec(tx).await?;
    Ok(())
}

/// Returns what sorts of work wait on an account, each once.
pub(crate) async fn kinds_of_work(conn: &impl ConnectionTrait, id: AccountId) -> Result<Vec<String>, DbErr> {
    pending_work::Entity::find()
        .select_only()
        .column(pending_work::Column::Kind)
        .filter(pending_work::Column::AccountId.eq(id))
        .distinct()
        .order_by_asc(pending_work::Column::Kind)
        .into_tuple()
        .all(conn)
        .await
}
