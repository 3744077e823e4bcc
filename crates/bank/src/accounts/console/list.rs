//! The list of accounts, and how the search finds them.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{AccountId, PageRequest, UserId};
use ledger::{AccountStatus, Balance};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::words::status_badge;
use crate::accounts::Product;
use crate::accounts::service::{self, AccountFilter, AccountSheet};
use crate::identity::directory;
use crate::web::Problem;
use crate::web::page::{Badge, Hit, Listing, Look, Staff, place_of};
use crate::{Bank, Permission};

/// How many accounts the search shows.
const HITS: u16 = 6;

const STATUSES: [(&str, &str); 4] =
    [("open", "Open"), ("debit_blocked", "Debits blocked"), ("frozen", "Frozen"), ("closed", "Closed")];

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(accounts_page))
}

#[derive(Template)]
#[template(path = "accounts/pages/accounts.html")]
struct AccountsPage<'a> {
    look: &'a Look,
    title: &'static str,
    listing: Listing,
    statuses: [(&'static str, &'static str); 4],
    products: Vec<Product>,
    rows: Vec<Row>,
}

/// Holds one row of the list.
struct Row {
    number: String,
    href: String,
    holders: String,
    badge: Badge,
    balance: Balance,
    sheet: AccountSheet,
}

impl Row {
    fn new(sheet: AccountSheet, names: &HashMap<UserId, String>) -> Self {
        let holders = sheet.owners.iter().filter(|owner| owner.role.is_holder());
        let holders: Vec<&str> =
            holders.filter_map(|owner| names.get(&owner.user_id)).map(String::as_str).collect();
        Self {
            number: sheet.account.number.grouped(),
            href: place_of(&sheet.account.id).unwrap_or_default(),
            holders: holders.join(", "),
            badge: status_badge(sheet.books.status),
            balance: sheet.books.balance(),
            sheet,
        }
    }
}

/// Lists accounts, newest first, by a text (number, nickname, holder, id), by status and by product.
#[utoipa::path(
    get, path = "/admin/accounts", tag = "account-pages", operation_id = "accounts_page",
    responses((status = 200))
)]
async fn accounts_page(
    State(bank): State<Bank>,
    staff: Staff,
    listing: Listing,
) -> Result<Response, Problem> {
    let page = listing.page_of::<AccountId>()?;
    let text = |name: &str| Some(listing.text(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let filter = AccountFilter {
        status: listing.chosen::<AccountStatus>("status")?,
        product_code: text("product"),
        text: text("q"),
        ..AccountFilter::default()
    };
    let page = service::list(&bank, &staff.caller, filter, &page).await?;
    let products = service::list_products(&bank).await?;
    let listing = listing.followed_by(page.next.as_ref());
    let rows = rows(&bank, page.items).await?;
    let (look, title, statuses) = (&staff.look, "Accounts", STATUSES);
    staff.show(&AccountsPage { look, title, listing, statuses, products, rows })
}

/// Names the holders of each account.
async fn rows(bank: &Bank, sheets: Vec<AccountSheet>) -> Result<Vec<Row>, Problem> {
    let owners: Vec<UserId> =
        sheets.iter().flat_map(|sheet| &sheet.owners).map(|owner| owner.user_id).collect();
    let names = directory::named(bank.db.read(), owners).await?;
    Ok(sheets.into_iter().map(|sheet| Row::new(sheet, &names)).collect())
}

/// Finds a few accounts by a text.
pub fn search<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    text: &'a str,
) -> BoxFuture<'a, Result<Vec<Hit>, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadAccounts) {
            return Ok(Vec::new());
        }
        let filter = AccountFilter { text: Some(text.to_owned()), ..AccountFilter::default() };
        let page = PageRequest { limit: HITS, after: None };
        let found = service::list(bank, &staff.caller, filter, &page).await?;
        let hit = |row: Row| Hit {
            group: "Accounts",
            detail: format!("{} · {}", row.holders, row.sheet.product.name),
            title: row.number,
            href: row.href,
        };
        Ok(rows(bank, found.items).await?.into_iter().map(hit).collect())
    }
    .boxed()
}
