//! The transactions of one account: the newest on its page, all of them on a page of their own, and as a file.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{AccountId, Page};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::list::newest;
use super::rows::{Row, rows};
use super::{filters, words};
use crate::accounts::service::{NumberedAccount, find_named};
use crate::transactions::{Filter, service};
use crate::web::page::{Forms, Listing, Look, Markup, Staff, place_of, show};
use crate::web::{Path, Problem};
use crate::{Bank, Permission};

/// How many transactions the account's own page shows.
const NEWEST: u16 = 12;

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(account_transactions_page)).routes(routes!(export_account))
}

#[derive(Template)]
#[template(path = "transactions/pages/of_account.html")]
struct OfAccount<'a> {
    look: &'a Look,
    address: String,
    listing: Listing,
    is_of_one: bool,
    fault: Option<String>,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "transactions/pages/account.html")]
struct AccountPage<'a> {
    look: &'a Look,
    title: String,
    account: String,
    address: String,
    export: String,
    listing: Listing,
    codes: &'static [(&'static str, &'static str)],
    is_of_one: bool,
    fault: Option<String>,
    rows: Vec<Row>,
}

/// Shows the newest transactions of an account, on its page.
pub fn of_account<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    account: AccountId,
    _: &'a Forms,
) -> BoxFuture<'a, Result<Markup, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadTransactions) {
            return Ok(Markup::default());
        }
        let filter = Filter { account: Some(account), ..Filter::default() };
        let found = newest(bank, staff, &filter, NEWEST).await?;
        let address = address(account);
        let rows = rows(bank, found.items).await?;
        let listing = Listing::at_path(&address).followed_by(found.next.as_ref());
        Markup::of(&OfAccount { look: &staff.look, address, listing, is_of_one: true, fault: None, rows })
    }
    .boxed()
}

fn address(account: AccountId) -> String {
    format!("{}/transactions", place_of(&account).unwrap_or_default())
}

/// Lists the transactions of one account with their balances, newest first.
#[utoipa::path(
    get, path = "/admin/accounts/{id}/transactions", tag = "transaction-pages",
    operation_id = "account_transactions_page", responses((status = 200))
)]
async fn account_transactions_page(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<AccountId>,
    listing: Listing,
) -> Result<Response, Problem> {
    let NumberedAccount { number, currency, .. } = find_named(&bank, &staff.caller, &id.to_string()).await?;
    let page = listing.page_of::<String>()?;
    let (fault, found) = match filters::read(&listing, staff.look.format(), currency) {
        Ok(filter) => {
            let filter = Filter { account: Some(id), ..filter };
            (None, service::list(&bank, &staff.caller, &filter, &page).await?)
        }
        Err(problem) => (Some(filters::fault(&problem)), Page { items: Vec::new(), next: None }),
    };
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = AccountPage {
        look: &staff.look,
        title: number.grouped(),
        account: place_of(&id).unwrap_or_default(),
        address: address(id),
        export: listing.beside("export"),
        listing: listing.followed_by(found.next.as_ref()),
        codes: &words::CODES,
        is_of_one: true,
        fault,
        rows: rows(&bank, found.items).await?,
    };
    show(&staff.look, status, &page)
}

/// Sends the transactions of one account that pass the filters as a file: a statement of a range of days.
#[utoipa::path(
    get, path = "/admin/accounts/{id}/transactions/export", tag = "transaction-pages",
    operation_id = "console_export_account", responses((status = 200))
)]
async fn export_account(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<AccountId>,
    listing: Listing,
) -> Result<Response, Problem> {
    let account = find_named(&bank, &staff.caller, &id.to_string()).await?;
    let filter = filters::read(&listing, staff.look.format(), account.currency)?;
    let filter = Filter { account: Some(id), ..filter };
    let body = Body::from_stream(service::export(&bank, &staff.caller, filter).await?);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"transactions.csv\"")),
    ];
    Ok((headers, body).into_response())
}
