//! Closing a month: asked for by one person, carried out by another, and final.

use std::collections::HashMap;

use database::Tx;
use futures_util::future::BoxFuture;
use kernel::{Actor, ApprovalId, PageRequest};
use ledger::{Month, MonthError, PeriodError, periods};
use serde_json::{Value, json};

use crate::approvals::{self, Approval, ApprovalFilter, ApprovalState, Command, Effect, Executors};
use crate::audit::{self, Event, Reason, Subject};
use crate::oversight::{LedgerRefusal, MonthPhase, MonthState};
use crate::web::Problem;
use crate::{Bank, Caller, Permission};

const CLOSE_PERIOD: &str = "ledger.close_period";
/// Fifty years: a journal that begins earlier has a wrong date in it.
const MOST_MONTHS: usize = 600;

/// Adds what closes a month once a second person agreed.
pub fn executors(executors: &mut Executors) {
    executors.add(CLOSE_PERIOD, close);
    executors.foresee(CLOSE_PERIOD, forecast);
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

/// Lists the months from the journal's first to the current one, newest first, and how each stands.
///
/// # Errors
/// Forbidden, storage.
pub async fn list_months(bank: &Bank, caller: &Caller) -> Result<Vec<MonthState>, LedgerRefusal> {
    caller.require(Permission::ReadLedger)?;
    let db = bank.db.latest();
    let current = Month::of(bank.ledger.business_date(db).await?);
    let closings = periods::closings(db).await?;
    let earliest = closings.last().map(|closing| closing.month);
    let first = periods::first_month(db).await?.into_iter().chain(earliest).min().unwrap_or(current);
    let waiting = waiting(bank, caller).await?;
    let mut months = Vec::new();
    let mut month = current;
    while month >= first && months.len() < MOST_MONTHS {
        let closing = closings.iter().find(|closing| closing.month == month);
        let phase = match (closing, waiting.get(&month.to_string())) {
            (Some(closing), _) => MonthPhase::Closed(closing.clone()),
            (None, Some(approval)) => MonthPhase::Closing(*approval),
            (None, None) if month == current => MonthPhase::Current,
            (None, None) => MonthPhase::Over,
        };
        months.push(MonthState { month, phase });
        month = month.before();
    }
    Ok(months)
}

/// Returns the closes that wait for a second person, by month; none to whoever may not see what waits.
async fn waiting(bank: &Bank, caller: &Caller) -> Result<HashMap<String, ApprovalId>, LedgerRefusal> {
    if !caller.may(Permission::ReadApprovals) {
        return Ok(HashMap::new());
    }
    let filter = ApprovalFilter {
        state: Some(ApprovalState::Pending),
        kind: Some(CLOSE_PERIOD.to_owned()),
        ..ApprovalFilter::default()
    };
    let page = PageRequest { limit: PageRequest::MOST, after: None };
    let listed = approvals::list(bank, caller, filter, page).await?;
    Ok(listed.items.into_iter().map(|approval| (approval.subject_id, approval.id)).collect())
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

/// Says what closing means; whether the month can be closed was judged when it was asked for.
fn forecast<'a>(bank: &'a Bank, approval: &'a Approval) -> BoxFuture<'a, Result<Effect, Problem>> {
    Box::pin(async move {
        let month: Month = approval.payload["month"].as_str().unwrap_or_default().parse().map_err(unread)?;
        let is_closed = periods::closed_months(bank.db.latest()).await?.contains(&month);
        let refusal =
            is_closed.then(|| Problem::from(LedgerRefusal::from(PeriodError::AlreadyClosed { month })));
        let sentence =
            format!("The month {month} is closed for good. Nothing can count on a day in it any more.");
        Ok(Effect { sentence, refusal, ..Effect::default() })
    })
}

/// The digest has proved the payload, so this cannot happen.
fn unread(error: MonthError) -> Problem {
    Problem::internal(&error)
}
