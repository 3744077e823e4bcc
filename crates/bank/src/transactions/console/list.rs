//! Transactions across all accounts, and how the search finds one.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{Currency, Page, PageRequest, TransferId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::rows::{Row, rows};
use super::{filters, words};
use crate::accounts::AccountError;
use crate::accounts::service::find_named;
use crate::transactions::service::{self, TransactionDetail};
use crate::transactions::{Filter, Transaction, TransactionsError};
use crate::web::Problem;
use crate::web::page::{Hit, Listing, Look, Staff, place_of, show};
use crate::{Bank, Permission};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(transactions_page))
}

#[derive(Template)]
#[template(path = "transactions/pages/transactions.html")]
struct TransactionsPage<'a> {
    look: &'a Look,
    title: &'static str,
    address: &'static str,
    listing: Listing,
    codes: &'static [(&'static str, &'static str)],
    is_of_one: bool,
    fault: Option<String>,
    rows: Vec<Row>,
}

/// Lists transactions, newest first: one line each across all accounts, or the lines of one account.
#[utoipa::path(
    get, path = "/admin/transactions", tag = "transaction-pages", operation_id = "transactions_page",
    responses((status = 200))
)]
async fn transactions_page(
    State(bank): State<Bank>,
    staff: Staff,
    listing: Listing,
) -> Result<Response, Problem> {
    staff.caller.require(Permission::ReadTransactions)?;
    let page = listing.page_of::<String>()?;
    let asked = asked(&bank, &staff, &listing).await;
    let (fault, found) = match &asked {
        Ok(filter) => (None, service::list(&bank, &staff.caller, filter, &page).await?),
        Err(problem) if problem.errors().is_empty() => return Err(problem.clone()),
        Err(problem) => (Some(filters::fault(problem)), Page { items: Vec::new(), next: None }),
    };
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = TransactionsPage {
        look: &staff.look,
        title: "Transactions",
        address: "/admin/transactions",
        listing: listing.followed_by(found.next.as_ref()),
        codes: &words::CODES,
        is_of_one: false,
        fault,
        rows: rows(&bank, found.items).await?,
    };
    show(&staff.look, status, &page)
}

/// Reads the filters; an account is named by its number or its id, and decides the currency of amounts.
async fn asked(bank: &Bank, staff: &Staff, listing: &Listing) -> Result<Filter, Problem> {
    let (text, format) = (listing.text("account"), staff.look.format());
    if text.is_empty() {
        return filters::read(listing, format, bank.settings.base_currency);
    }
    let account = match find_named(bank, &staff.caller, text).await {
        Err(AccountError::NotFound) => {
            return Err(Problem::invalid_field("account", "no account has this number or id"));
        }
        found => found?,
    };
    let currency: Currency = account.currency;
    Ok(Filter { account: Some(account.id), ..filters::read(listing, format, currency)? })
}

/// Finds a transaction by its whole id.
pub fn search<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    text: &'a str,
) -> BoxFuture<'a, Result<Vec<Hit>, Problem>> {
    async move {
        let Ok(id) = text.trim().parse::<TransferId>() else { return Ok(Vec::new()) };
        if !staff.look.may(Permission::ReadTransactions) {
            return Ok(Vec::new());
        }
        match service::find(bank, &staff.caller, id).await {
            Err(TransactionsError::NotFound) => Ok(Vec::new()),
            found => Ok(vec![hit(&staff.look, &found?)]),
        }
    }
    .boxed()
}

fn hit(look: &Look, detail: &TransactionDetail) -> Hit {
    let transfer = &detail.transfer;
    let amount = transfer.amount();
    let amount = format!("{} {}", look.format().amount(amount), amount.currency());
    Hit {
        group: "Transactions",
        title: format!("{} of {amount}", words::what(&transfer.code)),
        detail: transfer.reference.clone(),
        href: place_of(&transfer.id).unwrap_or_default(),
    }
}

/// Returns the newest lines of an account.
pub(super) async fn newest(
    bank: &Bank,
    staff: &Staff,
    filter: &Filter,
    most: u16,
) -> Result<Page<Transaction>, TransactionsError> {
    service::list(bank, &staff.caller, filter, &PageRequest { limit: most, after: None }).await
}
