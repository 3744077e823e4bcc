//! The bank's day and the close of a month.

use chrono::NaiveDate;
use database::Tx;
use kernel::Actor;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use thiserror::Error;

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

/// Lists the closed months, oldest first.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn closed_months(connection: &impl ConnectionTrait) -> Result<Vec<Month>, DbErr> {
    let sql = statement(connection, "select id from ledger_periods order by id", []);
    let months = ClosedMonth::find_by_statement(sql).all(connection).await?;
    Ok(months.into_iter().map(|month| Month::of(month.id)).collect())
}
