//! The bank's day and the close of a month.

use chrono::NaiveDate;
use database::Tx;
use kernel::{Actor, Instant};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use thiserror::Error;
use uuid::Uuid;

use crate::load::{exclude_writers, statement};
use crate::{Ledger, Month};

/// Says why a month was not closed or the day not moved.
#[derive(Debug, Error)]
pub enum PeriodError {
    /// Who closes a month cannot approve it.
    #[error("a month is closed by two persons")]
    SamePerson,
    /// The month has not ended yet.
    #[error("the month {month} has not ended on {business_on}")]
    MonthNotOver {
        /// The month.
        month: Month,
        /// The business day.
        business_on: NaiveDate,
    },
    /// The month is closed already.
    #[error("the month {month} is closed already")]
    AlreadyClosed {
        /// The month.
        month: Month,
    },
    /// The business day only moves forward.
    #[error("the business day is {business_on} already")]
    DayInPast {
        /// The business day.
        business_on: NaiveDate,
    },
    /// The database failed; the transaction must be rolled back.
    #[error(transparent)]
    Storage(#[from] DbErr),
}

impl Ledger {
    /// Closes a month for good: no posting is effective in it any more.
    ///
    /// Waits until every posting in flight is committed, so call it before anything else in the transaction.
    ///
    /// # Errors
    /// [`PeriodError::SamePerson`], [`PeriodError::MonthNotOver`], [`PeriodError::AlreadyClosed`], then
    /// [`PeriodError::Storage`].
    pub async fn close_period(
        &self,
        tx: &Tx,
        month: Month,
        closed_by: Actor,
        approved_by: Actor,
    ) -> Result<(), PeriodError> {
        if closed_by == approved_by {
            return Err(PeriodError::SamePerson);
        }
        exclude_writers(tx).await?;
        let business_on = self.business_date(tx).await?;
        if month >= Month::of(business_on) {
            return Err(PeriodError::MonthNotOver { month, business_on });
        }
        let sql = "insert into ledger_periods \
                   (id, closed_by_kind, closed_by_id, approved_by_kind, approved_by_id, closed_at) \
                   values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing";
        let values = [
            month.first_day().into(),
            closed_by.kind().as_str().into(),
            closed_by.uuid().into(),
            approved_by.kind().as_str().into(),
            approved_by.uuid().into(),
            self.now().into(),
        ];
        let inserted = tx.execute_raw(statement(tx, sql, values)).await?;
        if inserted.rows_affected() == 0 {
            return Err(PeriodError::AlreadyClosed { month });
        }
        Ok(())
    }

    /// Moves the bank's day, and returns the day before. From then on it no longer follows the clock.
    ///
    /// Waits until every posting in flight is committed, so call it before anything else in the transaction.
    ///
    /// # Errors
    /// [`PeriodError::DayInPast`], then [`PeriodError::Storage`].
    pub async fn advance_business_date(&self, tx: &Tx, to: NaiveDate) -> Result<NaiveDate, PeriodError> {
        exclude_writers(tx).await?;
        let business_on = self.business_date(tx).await?;
        if to < business_on {
            return Err(PeriodError::DayInPast { business_on });
        }
        let sql = "insert into ledger_business_days (id, business_on, moved_at) values (1, $1, $2) \
                   on conflict (id) do update \
                   set business_on = excluded.business_on, moved_at = excluded.moved_at";
        tx.execute_raw(statement(tx, sql, [to.into(), self.now().into()])).await?;
        Ok(business_on)
    }
}

#[derive(FromQueryResult)]
struct ClosedMonth {
    id: NaiveDate,
}

/// Says who closed a month, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The month.
    pub month: Month,
    /// Who asked for it.
    pub closed_by: Option<Actor>,
    /// Who agreed.
    pub approved_by: Option<Actor>,
    /// When.
    pub closed_at: Instant,
}

#[derive(FromQueryResult)]
struct ClosingRow {
    id: NaiveDate,
    closed_by_kind: String,
    closed_by_id: Option<Uuid>,
    approved_by_kind: String,
    approved_by_id: Option<Uuid>,
    closed_at: Instant,
}

impl From<ClosingRow> for Closing {
    fn from(row: ClosingRow) -> Self {
        Self {
            month: Month::of(row.id),
            closed_by: Actor::from_parts(&row.closed_by_kind, row.closed_by_id),
            approved_by: Actor::from_parts(&row.approved_by_kind, row.approved_by_id),
            closed_at: row.closed_at,
        }
    }
}

/// Lists who closed which month, newest month first.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn closings(connection: &impl ConnectionTrait) -> Result<Vec<Closing>, DbErr> {
    let sql = "
select id, closed_by_kind, closed_by_id, approved_by_kind, approved_by_id, closed_at
  from ledger_periods
 order by id desc";
    let rows = ClosingRow::find_by_statement(statement(connection, sql, [])).all(connection).await?;
    Ok(rows.into_iter().map(Closing::from).collect())
}

/// Returns the month in which the journal begins, by the day on which its first row counts; none while it is empty.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn first_month(connection: &impl ConnectionTrait) -> Result<Option<Month>, DbErr> {
    let sql = "select effective_on from ledger_transfers order by position limit 1";
    let row = connection.query_one_raw(statement(connection, sql, [])).await?;
    let day: Option<NaiveDate> = row.map(|row| row.try_get("", "effective_on")).transpose()?;
    Ok(day.map(Month::of))
}

/// Lists the closed months, oldest first.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn closed_months(connection: &impl ConnectionTrait) -> Result<Vec<Month>, DbErr> {
    let sql = statement(connection, "select id from ledger_periods order by id", []);
    let months = ClosedMonth::find_by_statement(sql).all(connection).await?;
    Ok(months.into_iter().map(|month| Month::of(month.id)).collect())
}
