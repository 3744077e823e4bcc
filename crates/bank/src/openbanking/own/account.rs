//! An account at another bank: what is on it, what moved, what will.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use kernel::{ConnectionId, Currency, ExternalAccountId, Money};
use truelayer::Decimal;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address;
use super::connection::Row;
use crate::Bank;
use crate::openbanking::service::{self, ShownRow};
use crate::openbanking::{RowPlace, Side};
use crate::web::page::{Customer, Listing, Look, Markup, parse_day};
use crate::web::{Path, Problem};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(bank_account_page))
}

#[derive(Template)]
#[template(path = "openbanking/pages/account.html")]
struct AccountPage<'a> {
    look: &'a Look,
    title: &'a str,
    listing: Listing,
    account: &'a Row,
    back: String,
    complete_through: Option<NaiveDate>,
    rows: Vec<Line>,
    announced: Vec<Line>,
    orders: Vec<Order>,
    debits: Vec<Order>,
}

/// Holds one movement.
struct Line {
    on: NaiveDate,
    text: String,
    purpose: String,
    amount: Markup,
}

/// Holds a standing order or a permission to collect.
struct Order {
    name: String,
    detail: String,
    on: Option<NaiveDate>,
    amount: Option<Money>,
}

impl Line {
    fn new(look: &Look, row: ShownRow) -> Self {
        let money = Money::new(row.amount_minor, row.currency);
        let text = row.merchant.or(row.description).unwrap_or_default();
        Self {
            on: row.on,
            text,
            purpose: row.classification.join(", "),
            amount: if row.direction == Side::Debit { look.debit(money) } else { look.credit(money) },
        }
    }
}

/// Shows an account's movements, newest first, within days.
#[utoipa::path(
    get, path = "/my/banks/{id}/accounts/{account}", tag = "own", operation_id = "bank_account_page",
    responses((status = 200))
)]
async fn bank_account_page(
    State(bank): State<Bank>,
    customer: Customer,
    Path((id, account)): Path<(ConnectionId, ExternalAccountId)>,
    listing: Listing,
) -> Result<Response, Problem> {
    let (look, caller, of) = (&customer.look, &customer.caller, (id, account));
    let shown = service::find_account(&bank, caller, of).await?;
    let days = (day(&listing, "from")?, day(&listing, "to")?);
    let page = service::rows(&bank, caller, of, (days, listing.page_of::<RowPlace>()?)).await?;
    let listing = listing.followed_by(page.next.as_ref());
    let announced = service::announced(&bank, caller, of).await?;
    let (orders, debits) = instructions(&bank, &customer, of).await?;
    let complete_through = shown.row.complete_through;
    let account = Row::from(shown);
    customer.show(&AccountPage {
        look,
        title: &account.name,
        listing,
        account: &account,
        back: address(id),
        complete_through,
        rows: page.items.into_iter().map(|row| Line::new(look, row)).collect(),
        announced: announced.into_iter().map(|row| Line::new(look, row)).collect(),
        orders,
        debits,
    })
}

fn day(listing: &Listing, name: &str) -> Result<Option<NaiveDate>, Problem> {
    let text = Some(listing.text(name)).filter(|text| !text.is_empty());
    text.map(parse_day).transpose().map_err(|error| Problem::invalid_field(name, error.to_string()))
}

async fn instructions(
    bank: &Bank,
    customer: &Customer,
    of: (ConnectionId, ExternalAccountId),
) -> Result<(Vec<Order>, Vec<Order>), Problem> {
    let (currency, orders) = service::standing_orders(bank, &customer.caller, of).await?;
    let (_, debits) = service::direct_debits(bank, &customer.caller, of).await?;
    let text = |secret: Option<kernel::Secret<String>>| secret.map(|text| text.expose().clone());
    let orders = orders.into_iter().map(|order| Order {
        on: order.next_payment_date.map(|next| next.on),
        amount: money(order.next_payment_amount, order.currency.unwrap_or(currency)),
        name: text(order.payee).unwrap_or_else(|| "Standing order".to_owned()),
        detail: text(order.reference).unwrap_or_default(),
    });
    let debits = debits.into_iter().map(|debit| Order {
        on: debit.previous_payment_timestamp.map(|previous| previous.on),
        amount: money(debit.previous_payment_amount, debit.currency.unwrap_or(currency)),
        name: debit.name.expose().clone(),
        detail: text(debit.meta.provider_mandate_identification).unwrap_or_default(),
    });
    Ok((orders.collect(), debits.collect()))
}

fn money(amount: Option<Decimal>, currency: Currency) -> Option<Money> {
    amount?.magnitude().to_money(currency).ok()
}
