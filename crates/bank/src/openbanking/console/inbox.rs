//! The inbox of what the service reported: looking through it, replaying, and a test of one's own.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::INBOX;
use crate::openbanking::service;
use crate::openbanking::{EventPlace, EventState, WebhookEvent};
use crate::settings::WebhookScheme;
use crate::web::page::{Badge, Forms, Listing, Look, Sent, Staff, Tone, place_of};
use crate::web::{Path, Problem};
use crate::{Bank, Permission};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(inbox_page))
        .routes(routes!(send_test))
        .routes(routes!(event_page))
        .routes(routes!(replay))
}

#[derive(Template)]
#[template(path = "openbanking/pages/inbox.html")]
struct InboxPage<'a> {
    look: &'a Look,
    title: &'static str,
    listing: Listing,
    rows: Vec<Row>,
    can_test: bool,
}

/// Holds one event.
struct Row {
    event: WebhookEvent,
    badge: Badge,
    href: String,
    connection_href: Option<String>,
}

impl From<WebhookEvent> for Row {
    fn from(event: WebhookEvent) -> Self {
        Self {
            badge: badge(event.state),
            href: address(&event.event_id),
            connection_href: event.connection_id.and_then(|id| place_of(&id)),
            event,
        }
    }
}

fn badge(state: EventState) -> Badge {
    match state {
        EventState::Taken => Badge::new(Tone::Good, "Taken in"),
        EventState::Ignored => Badge::new(Tone::Neutral, "Not for us"),
        EventState::Unmatched => Badge::new(Tone::Warning, "Nobody's"),
    }
}

/// Returns where an event's page is. Its name is the sender's: it may have any letters.
fn address(event_id: &str) -> String {
    let name: String = form_urlencoded::byte_serialize(event_id.as_bytes()).collect();
    format!("{INBOX}/{}", name.replace('+', "%20"))
}

/// Shows what was reported, newest first.
#[utoipa::path(
    get, path = "/admin/connections/webhooks", tag = "connections", operation_id = "inbox_page",
    responses((status = 200))
)]
async fn inbox_page(State(bank): State<Bank>, staff: Staff, listing: Listing) -> Result<Response, Problem> {
    let state: Option<EventState> = listing.chosen("state")?;
    let page = listing.page_of::<EventPlace>()?;
    let page = service::list_events(&bank, &staff.caller, (state, page)).await?;
    let listing = listing.followed_by(page.next.as_ref());
    let has_secret = bank.settings.open_banking.as_ref().is_some_and(|settings| {
        settings.webhook_scheme == WebhookScheme::Hmac && !settings.webhook_secrets.is_empty()
    });
    let can_test = has_secret && staff.look.is_sandbox() && staff.look.may(Permission::ManageConnections);
    let rows = page.items.into_iter().map(Row::from).collect();
    staff.show(&InboxPage { look: &staff.look, title: "Webhooks", listing, rows, can_test })
}

/// Sends an event of our own through the intake.
#[utoipa::path(
    post, path = "/admin/connections/webhooks/test", tag = "connections", operation_id = "send_test_webhook",
    responses((status = 303))
)]
async fn send_test(State(bank): State<Bank>, staff: Staff) -> Result<Response, Problem> {
    let event_id = service::send_test(&bank, &staff.caller).await?;
    Ok(staff.done(&address(&event_id), "Signed, sent and taken in."))
}

#[derive(Template)]
#[template(path = "openbanking/pages/event.html")]
struct EventPage<'a> {
    look: &'a Look,
    title: &'a str,
    forms: &'a Forms,
    row: &'a Row,
    can_replay: bool,
}

/// Shows one event.
#[utoipa::path(
    get, path = "/admin/connections/webhooks/{event}", tag = "connections", operation_id = "webhook_page",
    responses((status = 200))
)]
async fn event_page(
    State(bank): State<Bank>,
    staff: Staff,
    Path(event): Path<String>,
) -> Result<Response, Problem> {
    show(&bank, &staff, &event, &Forms::default()).await
}

async fn show(bank: &Bank, staff: &Staff, event_id: &str, forms: &Forms) -> Result<Response, Problem> {
    let row = Row::from(service::find_event(bank, &staff.caller, event_id).await?);
    let can_replay = row.event.state != EventState::Ignored && staff.look.may(Permission::ManageConnections);
    let page = EventPage { look: &staff.look, title: row.event.kind.as_str(), forms, row: &row, can_replay };
    staff.show_with(forms, &page)
}

/// Does again what an event asked for.
#[utoipa::path(
    post, path = "/admin/connections/webhooks/{event}/replay", tag = "connections",
    operation_id = "replay_webhook", responses((status = 303))
)]
async fn replay(
    State(bank): State<Bank>,
    staff: Staff,
    Path(event): Path<String>,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome: Result<(), Problem> =
        async { Ok(service::replay(&bank, &staff.caller, (&event, sent.parsed("reason")?)).await?) }.await;
    match sent.judged("replay", outcome)? {
        Ok(()) => Ok(staff.done(&address(&event), "The account is read again in a moment.")),
        Err(forms) => show(&bank, &staff, &event, &forms).await,
    }
}
