//! Reading accounts: many at once, balances of the past, and what is held.
//!
//! Nothing here decides about money; each function is one statement over an index of the journal.

use chrono::NaiveDate;
use kernel::{AccountId, Currency, Cursor, Instant, Money, Page, PageRequest, TransferId};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Statement,
};

use crate::account::ledger_account;
use crate::entry::ledger_entry;
use crate::hold::ledger_hold;
use crate::{Account, AccountKind, Hold, HoldState};

/// Finds many accounts at once, in no order; ids without an account are left out.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn accounts(connection: &impl ConnectionTrait, ids: &[AccountId]) -> Result<Vec<Account>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = ledger_account::Column::Id.is_in(ids.iter().copied());
    ledger_account::Entity::find().filter(wanted).all(connection).await
}

/// Returns the ledger balance as it was booked at an instant.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn balance_at(
    connection: &impl ConnectionTrait,
    account: &Account,
    at: Instant,
) -> Result<Money, DbErr> {
    use ledger_entry::Column;
    let last = ledger_entry::Entity::find()
        .filter(Column::AccountId.eq(account.id))
        .filter(Column::BookedAt.lte(at))
        .order_by_desc(Column::Sequence)
        .limit(1)
        .one(connection)
        .await?;
    Ok(Money::new(last.map_or(0, |entry| entry.balance_after_minor), account.currency))
}

/// Returns the ledger balance at the end of a day, by the days on which entries count.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn balance_on(
    connection: &impl ConnectionTrait,
    account: &Account,
    on: NaiveDate,
) -> Result<Money, DbErr> {
    let sql = "
select cast(coalesce(sum(case when direction = 'credit' then amount_minor else -amount_minor end), 0) as bigint)
         as balance_minor
  from ledger_entries
 where account_id = $1 and effective_on <= $2";
    let values = [account.id.into(), on.into()];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let row = connection.query_one_raw(statement).await?;
    let credits: i64 = row.map_or(Ok(0), |row| row.try_get("", "balance_minor"))?;
    let minor = if account.kind.grows_by_debits() { -credits } else { credits };
    Ok(Money::new(minor, account.currency))
}

/// Lists what is or was held on an account, newest first.
///
/// A hold whose time is over counts as expired at `now`, even before it is released.
///
/// # Errors
/// `DbErr` when the database fails, or for a cursor of another list.
pub async fn holds(
    connection: &impl ConnectionTrait,
    account: AccountId,
    state: Option<HoldState>,
    (page, now): (&PageRequest, Instant),
) -> Result<Page<Hold>, DbErr> {
    use ledger_hold::Column;
    let after = page.after.as_ref().map(Cursor::key::<TransferId>).transpose();
    let after = after.map_err(|error| DbErr::Custom(error.to_string()))?;
    let overdue = Column::State.eq(HoldState::Pending).and(Column::ExpiresAt.lte(now));
    let rows = ledger_hold::Entity::find()
        .filter(Column::DebitAccountId.eq(account))
        .apply_if(state, |query, state| match state {
            HoldState::Pending => query
                .filter(Column::State.eq(state))
                .filter(Column::ExpiresAt.is_null().or(Column::ExpiresAt.gt(now))),
            HoldState::Expired => query.filter(Column::State.eq(state).or(overdue)),
            HoldState::Captured | HoldState::Released => query.filter(Column::State.eq(state)),
        })
        .apply_if(after, |query, after| query.filter(Column::Id.lt(after)))
        .order_by_desc(Column::Id)
        .limit(u64::from(page.limit) + 1)
        .all(connection)
        .await?;
    Ok(Page::cut(rows, page.limit, |hold| Cursor::new(hold.id)))
}

/// Chooses accounts for a list; what is absent does not restrict.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// The place in the chart, such as `cash` or [`crate::chart::CUSTOMER_DEPOSIT`].
    pub code: Option<String>,
    /// The currency.
    pub currency: Option<Currency>,
    /// The side of the balance sheet.
    pub kind: Option<AccountKind>,
}

/// Lists accounts of the ledger, the bank's own and customers', in falling order of their ids.
///
/// # Errors
/// `DbErr` when the database fails; a cursor of another list shows the first page.
pub async fn list(
    connection: &impl ConnectionTrait,
    filter: AccountFilter,
    page: &PageRequest,
) -> Result<Page<Account>, DbErr> {
    use ledger_account::Column;
    let after: Option<AccountId> = page.after.as_ref().and_then(|cursor| cursor.key().ok());
    let rows = ledger_account::Entity::find()
        .apply_if(filter.code, |query, code| query.filter(Column::Code.eq(code)))
        .apply_if(filter.currency, |query, currency| query.filter(Column::Currency.eq(currency)))
        .apply_if(filter.kind, |query, kind| query.filter(Column::Kind.eq(kind)))
        .apply_if(after, |query, after| query.filter(Column::Id.lt(after)))
        .order_by_desc(Column::Id)
        .limit(u64::from(page.limit) + 1)
        .all(connection)
        .await?;
    Ok(Page::cut(rows, page.limit, |account| Cursor::new(account.id)))
}
