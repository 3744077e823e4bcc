//! Which banks a customer has linked, linking another, and coming back from there.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::{ConnectionId, Instant};
use truelayer::Scopes;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{address, words};
use crate::Bank;
use crate::openbanking::api::ReturnQuery;
use crate::openbanking::service::{self, Begin, Begun};
use crate::openbanking::{Connection, OpenBankingError};
use crate::web::page::{Badge, Customer, Forms, Listing, Look, Sent};
use crate::web::{Problem, Query};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(banks_page))
        .routes(routes!(choose_page))
        .routes(routes!(link))
        .routes(routes!(come_back))
}

#[derive(Template)]
#[template(path = "openbanking/pages/banks.html")]
struct BanksPage<'a> {
    look: &'a Look,
    title: &'static str,
    listing: Listing,
    rows: Vec<Row>,
    is_off: bool,
}

/// Holds one linked bank.
struct Row {
    name: String,
    badge: Badge,
    href: String,
    ends_at: Option<Instant>,
    left: String,
    linked_at: Instant,
}

impl Row {
    fn new(row: &Connection, now: Instant) -> Self {
        Self {
            left: row.consent_expires_at.map(|at| words::left(at, now)).unwrap_or_default(),
            name: words::name(row).to_owned(),
            badge: words::status_badge(row.status),
            href: address(row.id),
            ends_at: row.consent_expires_at,
            linked_at: row.created_at,
        }
    }
}

/// Lists the banks that are linked.
#[utoipa::path(get, path = "/my", tag = "own", operation_id = "banks_page", responses((status = 200)))]
async fn banks_page(
    State(bank): State<Bank>,
    customer: Customer,
    listing: Listing,
) -> Result<Response, Problem> {
    let page = service::list(&bank, &customer.caller, listing.page_of::<ConnectionId>()?).await?;
    let listing = listing.followed_by(page.next.as_ref());
    let rows = page.items.iter().map(|row| Row::new(row, bank.now())).collect();
    let is_off = bank.open_banking.is_none();
    customer.show(&BanksPage { look: &customer.look, title: "Other banks", listing, rows, is_off })
}

#[derive(Template)]
#[template(path = "openbanking/pages/choose.html")]
struct ChoosePage<'a> {
    look: &'a Look,
    title: &'static str,
    forms: &'a Forms,
    listing: Listing,
    banks: Vec<Choice>,
}

/// Holds a bank that can be linked.
struct Choice {
    id: String,
    name: String,
    note: &'static str,
    country: String,
}

/// Shows the banks that can be linked, all or those whose name has a text.
#[utoipa::path(
    get, path = "/my/banks/new", tag = "own", operation_id = "choose_bank_page", responses((status = 200))
)]
async fn choose_page(
    State(bank): State<Bank>,
    customer: Customer,
    listing: Listing,
) -> Result<Response, Problem> {
    choose(&bank, &customer, listing, &Forms::default()).await
}

async fn choose(
    bank: &Bank,
    customer: &Customer,
    listing: Listing,
    forms: &Forms,
) -> Result<Response, Problem> {
    let text = listing.text("q").to_lowercase();
    let banks = service::providers(bank, &customer.caller).await?;
    let banks = banks.into_iter().filter(|bank| bank.display_name.to_lowercase().contains(&text));
    let banks = banks.map(|bank| Choice {
        note: if bank.is_unhealthy() { "has difficulties at the moment" } else { "" },
        country: bank.country.unwrap_or_default().to_uppercase(),
        id: bank.provider_id,
        name: bank.display_name,
    });
    let banks = banks.collect();
    let page = ChoosePage { look: &customer.look, title: "Link a bank", forms, listing, banks };
    customer.show_with(forms, &page)
}

#[derive(Template)]
#[template(path = "openbanking/pages/continue.html")]
pub(super) struct ContinuePage<'a> {
    look: &'a Look,
    title: &'static str,
    bank: String,
    granted: Vec<&'static str>,
    url: String,
    expires_at: Instant,
    back: String,
}

/// Shows the door of another bank, and what is consented to behind it.
pub(super) fn go_on(
    customer: &Customer,
    begun: &Begun,
    (bank, scopes): (&str, &str),
) -> Result<Response, Problem> {
    customer.show(&ContinuePage {
        look: &customer.look,
        title: "Give your consent",
        bank: bank.to_owned(),
        granted: words::granted(scopes),
        url: begun.url.expose().clone(),
        expires_at: begun.expires_at,
        back: "/my".to_owned(),
    })
}

/// Begins a link to a bank.
#[utoipa::path(
    post, path = "/my/banks", tag = "own", operation_id = "link_bank", responses((status = 200))
)]
async fn link(State(bank): State<Bank>, customer: Customer, sent: Sent) -> Result<Response, Problem> {
    let provider_id = Some(sent.text("provider_id").to_owned()).filter(|id| !id.is_empty());
    let outcome: Result<_, Problem> = async {
        let banks = service::providers(&bank, &customer.caller).await?;
        let chosen = banks.into_iter().find(|bank| Some(&bank.provider_id) == provider_id.as_ref());
        let chosen = chosen.ok_or(OpenBankingError::ProviderNotOffered)?;
        let asked = Begin { provider_id, connection_id: None };
        Ok((service::begin(&bank, &customer.caller, asked).await?, chosen.display_name))
    }
    .await;
    match sent.judged("link", outcome)? {
        Ok((begun, name)) => go_on(&customer, &begun, (&name, &Scopes::all().to_string())),
        Err(forms) => choose(&bank, &customer, Listing::at_path("/my/banks/new"), &forms).await,
    }
}

/// Takes a customer back from the bank.
#[utoipa::path(
    get, path = "/my/banks/return", tag = "own", operation_id = "return_from_bank", responses((status = 303))
)]
async fn come_back(
    State(bank): State<Bank>,
    customer: Customer,
    Query(query): Query<ReturnQuery>,
) -> Result<Response, Problem> {
    match service::complete(&bank, &customer.caller, query.into()).await {
        Ok(row) => {
            Ok(customer.done(&address(row.id), "The bank is linked. Its accounts are read in a moment."))
        }
        Err(OpenBankingError::ConsentRefused) => {
            Ok(customer.done("/my", "Nothing was linked: no consent was given at the bank."))
        }
        Err(error) => Err(error.into()),
    }
}
