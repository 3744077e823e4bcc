//! What pages about customers show of their accounts.

use askama::Template;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{PageRequest, UserId};
use ledger::Balance;

use super::words::status_badge;
use crate::accounts::service::{self, AccountFilter, AccountSheet};
use crate::web::Problem;
use crate::web::page::{Badge, Forms, Look, Markup, Staff, place_of};
use crate::{Bank, Permission};

#[derive(Template)]
#[template(path = "accounts/pages/of_customer.html")]
struct OfCustomer<'a> {
    look: &'a Look,
    rows: Vec<Row>,
}

/// Holds one row of the panel.
struct Row {
    number: String,
    href: String,
    sheet: AccountSheet,
    badge: Badge,
    balance: Balance,
}

impl From<AccountSheet> for Row {
    fn from(sheet: AccountSheet) -> Self {
        Self {
            number: sheet.account.number.grouped(),
            href: place_of(&sheet.account.id).unwrap_or_default(),
            badge: status_badge(sheet.books.status),
            balance: sheet.books.balance(),
            sheet,
        }
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
