//! The accounts of the ledger, the bank's own and customers'.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::{AccountId, Currency};
use ledger::chart::CUSTOMER_DEPOSIT;
use ledger::lookup::AccountFilter;
use ledger::{Account, AccountStatus, ChartCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::spoken;
use crate::Bank;
use crate::oversight::service::ledger as books;
use crate::web::Problem;
use crate::web::page::{Badge, Listing, Look, Staff, Tone, place_of};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(ledger_accounts_page))
}

#[derive(Template)]
#[template(path = "oversight/pages/accounts.html")]
struct AccountsPage<'a> {
    look: &'a Look,
    title: &'static str,
    listing: Listing,
    codes: Vec<(&'static str, String)>,
    currencies: Vec<Currency>,
    rows: Vec<Row>,
}

struct Row {
    id: AccountId,
    label: String,
    /// The page of a customer's account.
    href: Option<String>,
    currency: Currency,
    badge: Badge,
    balance: String,
    pending_debits: String,
    pending_credits: String,
    entries: i64,
}

impl Row {
    fn of(account: &Account, look: &Look) -> Self {
        let write = |minor: i64| look.format().minor(i128::from(minor), account.currency.exponent());
        let is_customers = account.code == CUSTOMER_DEPOSIT;
        Self {
            id: account.id,
            label: spoken(&account.code),
            href: is_customers.then(|| place_of(&account.id)).flatten(),
            currency: account.currency,
            badge: badge(account.status),
            balance: write(account.ledger_minor()),
            pending_debits: write(account.debits_pending_minor),
            pending_credits: write(account.credits_pending_minor),
            entries: account.entry_sequence,
        }
    }
}

fn badge(status: AccountStatus) -> Badge {
    match status {
        AccountStatus::Open => Badge::new(Tone::Good, "Open"),
        AccountStatus::DebitBlocked => Badge::new(Tone::Warning, "Debits blocked"),
        AccountStatus::Frozen => Badge::new(Tone::Bad, "Frozen"),
        AccountStatus::Closed => Badge::new(Tone::Neutral, "Closed"),
    }
}

/// Lists the accounts of the ledger by code and currency. A page with customers' accounts is a look at them.
#[utoipa::path(
    get, path = "/admin/ledger/accounts", tag = "ledger", operation_id = "ledger_accounts_page",
    responses((status = 200))
)]
async fn ledger_accounts_page(
    State(bank): State<Bank>,
    staff: Staff,
    listing: Listing,
) -> Result<Response, Problem> {
    let page = listing.page_of::<AccountId>()?;
    let code = Some(listing.text("code")).filter(|code| !code.is_empty()).map(str::to_owned);
    let filter = AccountFilter { code, currency: listing.chosen("currency")?, kind: None };
    let page = books::list_accounts(&bank, &staff.caller, filter, &page).await?;
    let listing = listing.followed_by(page.next.as_ref());
    let currencies = books::list_currencies(&bank, &staff.caller).await?;
    let rows = page.items.iter().map(|account| Row::of(account, &staff.look)).collect();
    let codes = [CUSTOMER_DEPOSIT].into_iter().chain(ChartCode::ALL.map(ChartCode::as_str));
    let codes = codes.map(|code| (code, spoken(code))).collect();
    let page = AccountsPage { look: &staff.look, title: "Ledger accounts", listing, codes, currencies, rows };
    staff.show(&page)
}
