//! Closing a month: asked for by one person, carried out by another, and final.

use database::Tx;
use futures_util::future::BoxFuture;
use kernel::Actor;
use ledger::{Month, MonthError, PeriodError, periods};
use serde_json::{Value, json};

use crate::approvals::{self, Approval, Command, Executors};
use crate::audit::{self, Event, Reason, Subject};
use crate::oversight::LedgerRefusal;
use crate::web::Problem;
use crate::{Bank, Caller, Permission};

const CLOSE_PERIOD: &str = "ledger.close_period";

/// Adds what closes a month once a second person agreed.
pub fn executors(executors: &mut Executors) {
    executors.add(CLOSE_PERIOD, close);
}

/// Asks for a month to be closed, which a second person then does.
///
/// # Errors
/// [`LedgerRefusal`]: forbidden, not over, closed already, no person behind the caller, storage.
pub async fn request_close(
    bank: &Bank,
    caller: &Caller,
    month: Month,
    reason: Reason,
) -> Result<Approval, LedgerRefusal> {
    caller.require(Permission::ClosePeriods)?;
    let tx = bank.db.begin().await?;
    let business_on = bank.ledger.business_date(&tx).await?;
    if month >= Month::of(business_on) {
        return Err(PeriodError::MonthNotOver { month, business_on }.into());
    }
    if periods::closed_months(&tx).await?.contains(&month) {
        return Err(PeriodError::AlreadyClosed { month }.into());
    }
    let command = Command {
        kind: CLOSE_PERIOD,
        payload: json!({ "month": month.to_string() }),
        summary: format!("close {month} for good"),
        subject: Subject::new("period", month),
        reason,
        decide_permission: Permission::ClosePeriods,
    };
    let approval = approvals::request(bank, &tx, caller, command).await?;
    tx.commit().await?;
    Ok(approval)
}

fn close<'a>(
    bank: &'a Bank,
    tx: &'a Tx,
    checker: &'a Caller,
    approval: &'a Approval,
) -> BoxFuture<'a, Result<Value, Problem>> {
    Box::pin(async move {
        let month: Month = approval.payload["month"].as_str().unwrap_or_default().parse().map_err(unread)?;
        let maker = Actor::from_parts(&approval.maker_kind, Some(approval.maker_id));
        let maker = maker.unwrap_or(Actor::Staff(approval.maker_user_id));
        let closed = bank.ledger.close_period(tx, month, maker, checker.actor).await;
        closed.map_err(|error| Problem::from(LedgerRefusal::from(error)))?;
        audit::record(bank, tx, checker, Event::new("period.close", Subject::new("period", month))).await?;
        Ok(json!({ "month": month.to_string() }))
    })
}

/// The digest has proved the payload, so this cannot happen.
fn unread(error: MonthError) -> Problem {
    Problem::internal(&error)
}
