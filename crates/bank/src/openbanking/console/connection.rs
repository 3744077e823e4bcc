//! One link: its state, its consent, the calls of the day, and its history.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kernel::{ConnectionId, Instant};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::identity::{customer_address, directory, history};
use crate::openbanking::own::status_badge;
use crate::openbanking::service::{self, Reading};
use crate::openbanking::{Connection, ConnectionStatus, ExternalKind};
use crate::web::page::{Badge, Forms, Look, Markup, Sent, Staff, place_of};
use crate::web::{Path, Problem};
use crate::{Bank, Permission};

/// How many calls a day banks answer without their customer (RTS Art. 36(5)(b)).
const A_DAY: usize = 4;

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(connection_page)).routes(routes!(read_again))
}

#[derive(Template)]
#[template(path = "openbanking/pages/connection.html")]
struct ConnectionPage<'a> {
    look: &'a Look,
    title: &'a str,
    forms: &'a Forms,
    row: &'a Connection,
    badge: Badge,
    owner: String,
    owner_href: String,
    href: String,
    questions: Vec<Question>,
    history: Markup,
    can_read: bool,
}

/// Holds one kind of question, and how it goes.
struct Question {
    of: String,
    endpoint: String,
    calls: usize,
    attended: usize,
    last_error: Option<String>,
    answered_at: Option<Instant>,
    next_at: Option<Instant>,
    is_never: bool,
}

impl Question {
    fn new(reading: Reading, now: Instant) -> Self {
        let Reading { account, state, unattended, attended } = reading;
        let of = match account {
            None => "The link".to_owned(),
            Some((number, ExternalKind::Account)) => format!("Account\u{a0}{number}"),
            Some((number, ExternalKind::Card)) => format!("Card\u{a0}{number}"),
        };
        Self {
            of,
            calls: unattended.len(),
            attended,
            endpoint: state.endpoint.replace('_', " "),
            last_error: state.last_error,
            answered_at: state.answered_at,
            next_at: state.next_at.filter(|next| *next > now),
            is_never: state.is_never,
        }
    }
}

/// Shows one link.
#[utoipa::path(
    get, path = "/admin/connections/{id}", tag = "connections", operation_id = "connection_page",
    responses((status = 200))
)]
async fn connection_page(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<ConnectionId>,
) -> Result<Response, Problem> {
    show(&bank, &staff, id, &Forms::default()).await
}

async fn show(bank: &Bank, staff: &Staff, id: ConnectionId, forms: &Forms) -> Result<Response, Problem> {
    let seen = service::look_at(bank, &staff.caller, id).await?;
    let row = &seen.row;
    let names = directory::named(bank.db.read(), vec![row.user_id]).await?;
    let mut questions: Vec<Question> =
        seen.readings.into_iter().map(|reading| Question::new(reading, bank.now())).collect();
    questions.sort_by(|one, other| (&one.of, &one.endpoint).cmp(&(&other.of, &other.endpoint)));
    let page = ConnectionPage {
        look: &staff.look,
        title: row.bank_name().unwrap_or("No bank chosen yet"),
        forms,
        badge: status_badge(row.status),
        owner: names.get(&row.user_id).cloned().unwrap_or_default(),
        owner_href: customer_address(row.user_id),
        href: place_of(&id).unwrap_or_default(),
        questions,
        history: history(bank, staff, &id.to_string()).await?,
        can_read: row.status == ConnectionStatus::Active && staff.look.may(Permission::ManageConnections),
        row,
    };
    staff.show_with(forms, &page)
}

/// Has a link's accounts read again, without its customer.
#[utoipa::path(
    post, path = "/admin/connections/{id}/read", tag = "connections", operation_id = "console_read_again",
    responses((status = 303))
)]
async fn read_again(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<ConnectionId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> =
        async { Ok(service::read_again(&bank, &staff.caller, (id, sent.parsed("reason")?)).await?) }.await;
    match sent.judged("read", outcome)? {
        Ok(()) => Ok(staff.done(
            &place_of(&id).unwrap_or_default(),
            "It is read in a moment, as far as the calls of the day allow.",
        )),
        Err(forms) => show(&bank, &staff, id, &forms).await,
    }
}
