//! What staff's pages about customers show of their accounts.

use askama::Template;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{PageRequest, UserId};
use ledger::{AccountStatus, Balance};

use super::service::{self, AccountFilter, AccountSheet};
use crate::web::Problem;
use crate::web::page::{Badge, Forms, Look, Markup, Staff, Tone};
use crate::{Bank, Permission};

#[derive(Template)]
#[template(path = "accounts/pages/of_customer.html")]
struct OfCustomer<'a> {
    look: &'a Look,
    rows: Vec<Row>,
}

/// Holds one row of the panel.
struct Row {
    sheet: AccountSheet,
    badge: Badge,
    balance: Balance,
}

impl From<AccountSheet> for Row {
    fn from(sheet: AccountSheet) -> Self {
        Self { badge: status_badge(sheet.books.status), balance: sheet.books.balance(), sheet }
    }
}

/// Shows how an account stands.
pub(super) fn status_badge(status: AccountStatus) -> Badge {
    match status {
        AccountStatus::Open => Badge::new(Tone::Good, "Open"),
        AccountStatus::DebitBlocked => Badge::new(Tone::Warning, "Debits blocked"),
        AccountStatus::Frozen => Badge::new(Tone::Bad, "Frozen"),
        AccountStatus::Closed => Badge::new(Tone::Neutral, "Closed"),
    }
}

/// Shows the accounts of a customer on the customer's page.
pub fn of_customer<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    customer: UserId,
    _: &'a Forms,
) -> BoxFuture<'a, Result<Markup, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadAccounts) {
            return Ok(Markup::default());
        }
        let filter = AccountFilter { owner: Some(customer), ..AccountFilter::default() };
        let page = service::list(bank, &staff.caller, filter, &PageRequest::first()).await?;
        let rows = page.items.into_iter().map(Row::from).collect();
        Markup::of(&OfCustomer { look: &staff.look, rows })
    }
    .boxed()
}

/// Finds the customers whose account's number has a text in it.
pub fn holders<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    text: &'a str,
) -> BoxFuture<'a, Result<Vec<UserId>, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadAccounts) {
            return Ok(Vec::new());
        }
        Ok(service::find_holders(bank, &staff.caller, text).await?)
    }
    .boxed()
}
