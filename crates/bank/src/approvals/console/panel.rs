//! What waits for a second person, on the page of what it is about.

use askama::Template;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{AccountId, PageRequest, TransferId};

use super::list::{Row, rows};
use crate::approvals::{ApprovalFilter, ApprovalState, service};
use crate::web::Problem;
use crate::web::page::{Forms, Look, Markup, Staff};
use crate::{Bank, Permission};

#[derive(Template)]
#[template(path = "approvals/pages/of_subject.html")]
struct OfSubject<'a> {
    look: &'a Look,
    rows: Vec<Row>,
}

/// Shows what waits about an account, on its page.
pub fn of_account<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    account: AccountId,
    _: &'a Forms,
) -> BoxFuture<'a, Result<Markup, Problem>> {
    of_subject(bank, staff, account.to_string()).boxed()
}

/// Shows what waits about a transfer, on its page.
pub fn of_transfer<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    transfer: TransferId,
    _: &'a Forms,
) -> BoxFuture<'a, Result<Markup, Problem>> {
    of_subject(bank, staff, transfer.to_string()).boxed()
}

async fn of_subject(bank: &Bank, staff: &Staff, subject: String) -> Result<Markup, Problem> {
    if !staff.look.may(Permission::ReadApprovals) {
        return Ok(Markup::default());
    }
    let state = Some(ApprovalState::Pending);
    let filter = ApprovalFilter { state, subject: Some(subject), ..ApprovalFilter::default() };
    let page = service::list(bank, &staff.caller, filter, PageRequest::first()).await?;
    if page.items.is_empty() {
        return Ok(Markup::default());
    }
    Markup::of(&OfSubject { look: &staff.look, rows: rows(bank, page.items).await? })
}
