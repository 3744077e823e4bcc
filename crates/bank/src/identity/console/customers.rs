//! The list of customers, and how the search finds them.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{PageRequest, UserId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::customer::{address, status_badge};
use crate::identity::UserFilter;
use crate::identity::model::{User, UserKind, UserStatus};
use crate::identity::service;
use crate::web::Problem;
use crate::web::page::{Badge, Hit, Listing, Look, Staff};
use crate::{Bank, Permission};

/// How many customers the search shows.
const HITS: u16 = 6;

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(customers_page))
}

#[derive(Template)]
#[template(path = "identity/pages/customers.html")]
struct CustomersPage<'a> {
    look: &'a Look,
    title: &'static str,
    listing: Listing,
    rows: Vec<Row>,
}

/// Holds one row of the list.
struct Row {
    user: User,
    badge: Badge,
    href: String,
}

impl From<User> for Row {
    fn from(user: User) -> Self {
        Self { badge: status_badge(user.status), href: address(user.id), user }
    }
}

/// Lists customers, newest first, by a text (name, address, account number, id) and by status.
#[utoipa::path(
    get, path = "/admin/customers", tag = "customers", operation_id = "customers_page",
    responses((status = 200))
)]
async fn customers_page(
    State(bank): State<Bank>,
    staff: Staff,
    listing: Listing,
) -> Result<Response, Problem> {
    let page = listing.page_of::<UserId>()?;
    let filter = UserFilter {
        status: listing.chosen::<UserStatus>("status")?,
        ..by_text(&bank, &staff, listing.text("q")).await?
    };
    let page = service::list_users(&bank, &staff.caller, filter, page).await?;
    let listing = listing.followed_by(page.next.as_ref());
    let rows = page.items.into_iter().map(|(user, _)| user.into()).collect();
    staff.show(&CustomersPage { look: &staff.look, title: "Customers", listing, rows })
}

/// Finds by what the slices above know of a text, too: whose account has that number.
async fn by_text(bank: &Bank, staff: &Staff, text: &str) -> Result<UserFilter, Problem> {
    let mut ids = Vec::new();
    if !text.is_empty() {
        for holders in staff.contributions.holders {
            ids.extend(holders(bank, staff, text).await?);
        }
    }
    let text = Some(text.to_owned()).filter(|text| !text.is_empty());
    Ok(UserFilter { kind: Some(UserKind::Customer), status: None, text, ids })
}

/// Finds a few customers by a text.
pub fn search<'a>(
    bank: &'a Bank,
    staff: &'a Staff,
    text: &'a str,
) -> BoxFuture<'a, Result<Vec<Hit>, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadUsers) {
            return Ok(Vec::new());
        }
        let filter = by_text(bank, staff, text).await?;
        let page = PageRequest { limit: HITS, after: None };
        let found = service::list_users(bank, &staff.caller, filter, page).await?;
        let hit = |user: User| Hit {
            group: "Customers",
            href: address(user.id),
            title: user.full_name,
            detail: user.email,
        };
        Ok(found.items.into_iter().map(|(user, _)| hit(user)).collect())
    }
    .boxed()
}
