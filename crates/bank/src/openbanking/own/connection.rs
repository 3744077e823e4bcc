//! One linked bank: how it stands, its accounts, and what its customer can do.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::{ConnectionId, Instant, Money};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::banks::go_on;
use super::{address, words};
use crate::Bank;
use crate::openbanking::service::{self, Extending, ShownAccount};
use crate::openbanking::{Connection, ConnectionStatus, ExternalKind};
use crate::web::page::{Badge, Customer, Forms, Look, Sent};
use crate::web::{Path, Problem};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(bank_page))
        .routes(routes!(read_bank))
        .routes(routes!(renew_bank))
        .routes(routes!(end_bank))
}

#[derive(Template)]
#[template(path = "openbanking/pages/bank.html")]
struct BankPage<'a> {
    look: &'a Look,
    title: &'a str,
    forms: &'a Forms,
    row: &'a Connection,
    badge: Badge,
    standing: &'static str,
    granted: Vec<&'static str>,
    left: String,
    accounts: Vec<Row>,
    href: String,
    can_renew: bool,
    is_active: bool,
}

/// Holds one account or card.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) number_end: String,
    pub(super) kind: &'static str,
    pub(super) current: Option<Money>,
    pub(super) available: Option<Money>,
    pub(super) read_at: Option<Instant>,
    pub(super) href: String,
    pub(super) remark: Option<&'static str>,
    pub(super) next_at: Option<Instant>,
}

impl From<ShownAccount> for Row {
    fn from(shown: ShownAccount) -> Self {
        let ShownAccount { row, name, number_end, next_at, last_error } = shown;
        let money = |minor: Option<i64>| minor.map(|minor| Money::new(minor, row.currency));
        let kind = match row.kind {
            ExternalKind::Account => "Account",
            ExternalKind::Card => "Card",
        };
        Self {
            name: name.unwrap_or_else(|| kind.to_owned()),
            number_end: number_end.unwrap_or_default(),
            kind,
            current: money(row.current_minor),
            available: money(row.available_minor),
            read_at: row.balance_at,
            href: format!("{}/accounts/{}", address(row.connection_id), row.id),
            remark: last_error.as_deref().map(remark),
            next_at,
        }
    }
}

/// Says to a customer why rows could not be read.
fn remark(code: &str) -> &'static str {
    match code {
        "provider_request_limit_exceeded" => "The bank answers no more questions today while you are away",
        "provider_too_many_requests" | "rate-limit-exceeded" => "The bank asks us to wait",
        "endpoint_not_supported" => "The bank does not show these transactions",
        "sca_exceeded" => "The bank shows only the last 90 days",
        "account_permanently_locked" | "account_temporarily_locked" => {
            "The bank has locked the account; only the bank can say why"
        }
        _ => "The bank could not be read the last time",
    }
}

/// Shows a linked bank.
#[utoipa::path(
    get, path = "/my/banks/{id}", tag = "own", operation_id = "bank_page", responses((status = 200))
)]
async fn bank_page(
    State(bank): State<Bank>,
    customer: Customer,
    Path(id): Path<ConnectionId>,
) -> Result<Response, Problem> {
    show(&bank, &customer, id, &Forms::default()).await
}

async fn show(
    bank: &Bank,
    customer: &Customer,
    id: ConnectionId,
    forms: &Forms,
) -> Result<Response, Problem> {
    let row = service::find(bank, &customer.caller, id).await?;
    let accounts = service::accounts(bank, &customer.caller, id).await?;
    let page = BankPage {
        look: &customer.look,
        title: words::name(&row),
        forms,
        badge: words::status_badge(row.status),
        standing: words::standing(&row),
        granted: words::granted(&row.scopes),
        left: row.consent_expires_at.map(|at| words::left(at, bank.now())).unwrap_or_default(),
        accounts: accounts.into_iter().map(Row::from).collect(),
        href: address(id),
        can_renew: row.status != ConnectionStatus::Revoked,
        is_active: row.status == ConnectionStatus::Active,
        row: &row,
    };
    customer.show_with(forms, &page)
}

/// Reads a linked bank now.
#[utoipa::path(
    post, path = "/my/banks/{id}/read", tag = "own", operation_id = "read_bank", responses((status = 303))
)]
async fn read_bank(
    State(bank): State<Bank>,
    customer: Customer,
    Path(id): Path<ConnectionId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome = service::pull_own(&bank, &customer.caller, id).await.map_err(Problem::from);
    match sent.judged("read", outcome)? {
        Ok(pulled) => {
            let news = match pulled.added {
                0 => "Nothing new.".to_owned(),
                1 => "One new transaction.".to_owned(),
                added => format!("{added} new transactions."),
            };
            let gap = if pulled.is_complete { "" } else { " Not everything could be read; we try again." };
            Ok(customer.done(&address(id), &format!("{news}{gap}")))
        }
        Err(forms) => show(&bank, &customer, id, &forms).await,
    }
}

/// Renews the consent: at once where the bank lets us, otherwise by its door.
#[utoipa::path(
    post, path = "/my/banks/{id}/renew", tag = "own", operation_id = "renew_bank", responses((status = 303))
)]
async fn renew_bank(
    State(bank): State<Bank>,
    customer: Customer,
    Path(id): Path<ConnectionId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<_, Problem> = async {
        if sent.text("consent") != "yes" {
            return Err(Problem::invalid_field("/consent", "say that you go on consenting"));
        }
        Ok(service::extend(&bank, &customer.caller, id).await?)
    }
    .await;
    match sent.judged("renew", outcome)? {
        Ok(Extending::Done(_)) => Ok(customer.done(&address(id), "Your consent is renewed.")),
        Ok(Extending::Go(begun)) => {
            let row = service::find(&bank, &customer.caller, id).await?;
            go_on(&customer, &begun, (words::name(&row), &row.scopes))
        }
        Err(forms) => show(&bank, &customer, id, &forms).await,
    }
}

/// Ends a link.
#[utoipa::path(
    post, path = "/my/banks/{id}/end", tag = "own", operation_id = "end_bank", responses((status = 303))
)]
async fn end_bank(
    State(bank): State<Bank>,
    customer: Customer,
    Path(id): Path<ConnectionId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome = service::revoke(&bank, &customer.caller, id).await.map_err(Problem::from);
    match sent.judged("end", outcome)? {
        Ok(()) => Ok(customer.done("/my", "The link is ended. Its accounts are not read any more.")),
        Err(forms) => show(&bank, &customer, id, &forms).await,
    }
}
