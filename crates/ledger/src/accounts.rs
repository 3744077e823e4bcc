//! Opening accounts, changing what binds them, and finding them.

use std::sync::LazyLock;

use chrono::NaiveDate;
use database::{ByIds, Columns, Database, Tx};
use kernel::{AccountId, Currency, Instant, Money};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    QueryResult, QuerySelect,
};
use thiserror::Error;

use crate::account::ledger_account::{ActiveModel, Column, Entity};
use crate::load::{ACCOUNT_COLUMNS, BUSINESS_DAY, account};
use crate::{Account, AccountStatus, Month, NewAccount, Seen, SpendingLimits, counts};

/// Says why an account was not opened or changed.
#[derive(Debug, Error)]
pub enum AccountError {
    /// No account has the id.
    #[error("{account} does not exist")]
    NotFound {
        /// The id.
        account: AccountId,
    },
    /// The id is taken.
    #[error("{account} exists already")]
    Exists {
        /// The id.
        account: AccountId,
    },
    /// A limit is below zero or in another currency than the account.
    #[error("limits of {account} must be zero or more, in {currency}")]
    LimitNotUsable {
        /// The account.
        account: AccountId,
        /// Its currency.
        currency: Currency,
    },
    /// A closed account stays closed.
    #[error("{account} is closed")]
    Closed {
        /// The account.
        account: AccountId,
    },
    /// Only an account without balance and holds can be closed.
    #[error("{account} has a balance or pending holds")]
    NotSettled {
        /// The account.
        account: AccountId,
        /// Its ledger balance.
        balance: Money,
        /// What pending holds reserve on it or for it.
        pending: Money,
    },
    /// The database failed; the transaction must be rolled back.
    #[error(transparent)]
    Storage(#[from] DbErr),
}

/// Opens an account.
///
/// # Errors
/// [`AccountError::LimitNotUsable`], [`AccountError::Exists`], then [`AccountError::Storage`].
pub async fn open(tx: &Tx, account: &NewAccount, now: Instant) -> Result<Account, AccountError> {
    let model = row(account, now)?;
    if insert(tx, &model).await? {
        return Ok(model);
    }
    Err(AccountError::Exists { account: account.id })
}

/// Finds an account.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn find(connection: &impl ConnectionTrait, id: AccountId) -> Result<Option<Account>, DbErr> {
    Entity::find_by_id(id).one(connection).await
}

/// Accounts, each with the business day that the end-of-day job has set.
static ON_THEIR_DAY: LazyLock<ByIds> = LazyLock::new(|| {
    ByIds::new(format!(
        "select {ACCOUNT_COLUMNS}, ({BUSINESS_DAY}) as business_on from ledger_accounts where id {{ids}}"
    ))
});

/// Finds an account, with the business day that the end-of-day job has set.
pub(crate) async fn find_on_its_day(
    connection: &impl ConnectionTrait,
    id: AccountId,
) -> Result<Option<(Account, Option<NaiveDate>)>, DbErr> {
    let statement = ON_THEIR_DAY.statement(connection.get_database_backend(), [id.uuid()]);
    connection.query_one_raw(statement).await?.as_ref().map(on_its_day).transpose()
}

/// Finds an account for a show, together with others that are looked for at this moment.
pub(crate) async fn gather_on_its_day(
    database: &Database,
    id: AccountId,
) -> Result<Option<(Account, Option<NaiveDate>)>, DbErr> {
    database.gather(&ON_THEIR_DAY, [id.uuid()]).await?.iter().next().map(on_its_day).transpose()
}

fn on_its_day(row: &QueryResult) -> Result<(Account, Option<NaiveDate>), DbErr> {
    let mut columns = Columns::of(row);
    Ok((account(&mut columns)?, columns.take()?))
}

/// Finds an account and keeps others from changing it until the transaction ends.
///
/// # Errors
/// [`AccountError::NotFound`], then [`AccountError::Storage`].
pub async fn load_for_update(tx: &Tx, id: AccountId) -> Result<Account, AccountError> {
    let found = Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    found.ok_or(AccountError::NotFound { account: id })
}

/// Sets what may move on an account, and returns it as it was before.
///
/// Release overdue holds first ([`crate::Ledger::expire_holds`]): they keep an account from being closed.
///
/// # Errors
/// [`AccountError::NotFound`], [`AccountError::Closed`], [`AccountError::NotSettled`] (closing only), then
/// [`AccountError::Storage`].
pub async fn set_status(tx: &Tx, id: AccountId, status: AccountStatus) -> Result<Account, AccountError> {
    let before = load_for_update(tx, id).await?;
    if before.status == AccountStatus::Closed {
        return Err(AccountError::Closed { account: id });
    }
    if status == AccountStatus::Closed && !before.is_settled() {
        let pending = before.debits_pending_minor.saturating_add(before.credits_pending_minor);
        return Err(AccountError::NotSettled {
            account: id,
            balance: Money::new(before.ledger_minor(), before.currency),
            pending: Money::new(pending, before.currency),
        });
    }
    let change = ActiveModel { id: Set(id), status: Set(status), ..Default::default() };
    change.update(tx).await?;
    if status != before.status {
        counts::take(tx, &before, before.status).await?;
        counts::add(tx, &before, status).await?;
    }
    Ok(before)
}

/// Sets what a customer may debit, and returns the account as it was before.
///
/// What was spent already counts against the new limits.
///
/// # Errors
/// [`AccountError::NotFound`], [`AccountError::Closed`], [`AccountError::LimitNotUsable`], then
/// [`AccountError::Storage`].
pub async fn set_limits(tx: &Tx, id: AccountId, limits: SpendingLimits) -> Result<Account, AccountError> {
    let before = load_open_for_update(tx, id).await?;
    let minor = |limit| limit_minor(id, before.currency, limit);
    let change = ActiveModel {
        id: Set(id),
        largest_limit_minor: Set(minor(limits.largest)?),
        day_limit_minor: Set(minor(limits.day)?),
        month_limit_minor: Set(minor(limits.month)?),
        ..Default::default()
    };
    change.update(tx).await?;
    Ok(before)
}

/// Sets how far below zero an account may fall, and returns it as it was before.
///
/// Lowering it below what is used is allowed: further debits are refused until the account has recovered.
///
/// # Errors
/// [`AccountError::NotFound`], [`AccountError::Closed`], [`AccountError::LimitNotUsable`], then
/// [`AccountError::Storage`].
pub async fn set_overdraft(tx: &Tx, id: AccountId, limit: Money) -> Result<Account, AccountError> {
    let before = load_open_for_update(tx, id).await?;
    let minor = limit_minor(id, before.currency, Some(limit))?.unwrap_or(0);
    let change = ActiveModel { id: Set(id), overdraft_limit_minor: Set(minor), ..Default::default() };
    change.update(tx).await?;
    Ok(before)
}

/// Makes everything that was judged about somebody's right to the account count no more ([`crate::Seen`]).
///
/// Call it in the transaction that changes the right. Locks the account until that ends.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn raise_access_version(tx: &Tx, id: AccountId) -> Result<(), DbErr> {
    let next = Expr::col(Column::AccessVersion).add(1);
    let update = Entity::update_many().col_expr(Column::AccessVersion, next).filter(Column::Id.eq(id));
    update.exec(tx).await?;
    Ok(())
}

/// Reads how often rights to accounts have changed; read it before what it stands for.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn access_versions(
    connection: &impl ConnectionTrait,
    ids: &[AccountId],
) -> Result<Vec<Seen>, DbErr> {
    let rows = Entity::find().select_only().column(Column::Id).column(Column::AccessVersion);
    let rows = rows.filter(Column::Id.is_in(ids.iter().copied())).into_tuple().all(connection).await?;
    Ok(rows.into_iter().map(|(account, access_version)| Seen { account, access_version }).collect())
}

/// Opens an account unless it is open already.
pub(crate) async fn open_once(tx: &Tx, account: &NewAccount, now: Instant) -> Result<bool, DbErr> {
    let model = row(account, now).map_err(|error| DbErr::Custom(error.to_string()))?;
    insert(tx, &model).await
}

async fn load_open_for_update(tx: &Tx, id: AccountId) -> Result<Account, AccountError> {
    let account = load_for_update(tx, id).await?;
    if account.status == AccountStatus::Closed {
        return Err(AccountError::Closed { account: id });
    }
    Ok(account)
}

/// Inserts the row and counts it unless its id is taken, without ending the transaction when it is.
async fn insert(tx: &Tx, account: &Account) -> Result<bool, DbErr> {
    let nothing = OnConflict::column(Column::Id).do_nothing().to_owned();
    let row = ActiveModel::from(account.clone());
    let inserted = Entity::insert(row).on_conflict(nothing).exec_without_returning(tx).await? == 1;
    if inserted {
        counts::add(tx, account, account.status).await?;
    }
    Ok(inserted)
}

fn row(account: &NewAccount, now: Instant) -> Result<Account, AccountError> {
    let minor = |limit| limit_minor(account.id, account.currency, limit);
    let today = now.date_naive();
    Ok(Account {
        id: account.id,
        currency: account.currency,
        kind: account.kind,
        code: account.code.clone(),
        status: AccountStatus::Open,
        funded: account.funded,
        overdraft_limit_minor: minor(account.overdraft_limit)?.unwrap_or(0),
        debits_posted_minor: 0,
        credits_posted_minor: 0,
        debits_pending_minor: 0,
        credits_pending_minor: 0,
        entry_sequence: 0,
        largest_limit_minor: minor(account.limits.largest)?,
        day_limit_minor: minor(account.limits.day)?,
        month_limit_minor: minor(account.limits.month)?,
        spent_on: today,
        spent_day_minor: 0,
        spent_month_on: Month::of(today).first_day(),
        spent_month_minor: 0,
        access_version: 1,
        opened_at: now,
    })
}

fn limit_minor(id: AccountId, currency: Currency, limit: Option<Money>) -> Result<Option<i64>, AccountError> {
    match limit {
        Some(limit) if limit.currency() != currency || limit.minor() < 0 => {
            Err(AccountError::LimitNotUsable { account: id, currency })
        }
        limit => Ok(limit.map(Money::minor)),
    }
}
