//! How the links do, all of them and one by one.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{ConnectionId, Instant, UserId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::CONNECTIONS;
use crate::identity::{customer_address, directory};
use crate::openbanking::own::status_badge;
use crate::openbanking::service::{self, Glance, Health, KeyState};
use crate::openbanking::{
    CircuitRow, Connection, ConnectionFilter, ConnectionStatus, RefreshRun, success_basis_points,
};
use crate::web::Problem;
use crate::web::page::{Badge, Bar, Bars, Listing, Look, Markup, Staff, Tile, Tone, place_of};
use crate::{Bank, Permission};

/// How many rounds of renewing tokens the page shows.
const ROUNDS: usize = 8;

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(connections_page))
}

#[derive(Template)]
#[template(path = "openbanking/pages/connections.html")]
struct ConnectionsPage<'a> {
    look: &'a Look,
    title: &'static str,
    tiles: Vec<Tile>,
    chart: Option<Markup>,
    failing: Vec<CircuitRow>,
    rounds: Vec<RefreshRun>,
    keys: Vec<KeyState>,
    listing: Listing,
    rows: Vec<Row>,
    is_off: bool,
}

/// Holds one link of the list.
struct Row {
    bank: String,
    href: String,
    badge: Badge,
    owner: String,
    owner_href: String,
    consent_expires_at: Option<Instant>,
    next_pull_at: Option<Instant>,
    last_error: Option<String>,
}

impl Row {
    fn new(row: Connection, names: &HashMap<UserId, String>) -> Self {
        Self {
            bank: row.bank_name().unwrap_or_default().to_owned(),
            href: place_of(&row.id).unwrap_or_default(),
            badge: status_badge(row.status),
            owner: names.get(&row.user_id).cloned().unwrap_or_default(),
            owner_href: customer_address(row.user_id),
            consent_expires_at: row.consent_expires_at,
            next_pull_at: row.next_pull_at.filter(|_| row.status == ConnectionStatus::Active),
            last_error: row.last_error,
        }
    }
}

/// Shows states, what ends soon, providers that fail, rounds and keys, and the list of all links.
#[utoipa::path(
    get, path = "/admin/connections", tag = "connections", operation_id = "connections_page",
    responses((status = 200))
)]
async fn connections_page(
    State(bank): State<Bank>,
    staff: Staff,
    listing: Listing,
) -> Result<Response, Problem> {
    let look = &staff.look;
    let health = service::health(&bank, &staff.caller).await?;
    let provider_id = Some(listing.text("bank")).filter(|id| !id.is_empty()).map(str::to_owned);
    let filter = ConnectionFilter { status: listing.chosen("status")?, provider_id };
    let page = listing.page_of::<ConnectionId>()?;
    let page = service::list_all(&bank, &staff.caller, (filter, page)).await?;
    let listing = listing.followed_by(page.next.as_ref());
    let owners: Vec<UserId> = page.items.iter().map(|row| row.user_id).collect();
    // Whose a link is, is for those who may see customers; nobody else has this page.
    let names = directory::named(bank.db.read(), owners).await?;
    let rows = page.items.into_iter().map(|row| Row::new(row, &names)).collect();
    staff.show(&ConnectionsPage {
        look,
        title: "Other banks",
        tiles: state_tiles(look, &health),
        chart: chart(look, &health),
        rounds: health.rounds.into_iter().take(ROUNDS).collect(),
        keys: health.keys,
        failing: health.failing,
        listing,
        rows,
        is_off: bank.open_banking.is_none(),
    })
}

fn tile(look: &Look, label: &str, count: i64, (note, tone): (&str, Tone)) -> Tile {
    Tile {
        group: "Other banks",
        label: label.to_owned(),
        value: look.count(count),
        unit: String::new(),
        note: note.to_owned(),
        tone,
        href: None,
    }
}

fn state_tiles(look: &Look, health: &Health) -> Vec<Tile> {
    let count = |status| health.count(status);
    let if_any = |count: i64, tone| if count > 0 { tone } else { Tone::Neutral };
    let ending = i64::try_from(health.ending).unwrap_or(i64::MAX);
    let (expired, broken) = (count(ConnectionStatus::Expired), count(ConnectionStatus::Error));
    let success = success_basis_points(&health.rounds);
    let renewed = match success {
        None => "no token was renewed yet".to_owned(),
        Some(share) => format!("{}.{:02} % of renewals worked", share / 100, share % 100),
    };
    let renewed = (
        renewed.as_str(),
        if success.is_some_and(|share| share < 9_900) { Tone::Warning } else { Tone::Neutral },
    );
    let href = |status: &'static str, tile: Tile| Tile { href: Some(status), ..tile };
    vec![
        href(
            "/admin/connections?status=ACTIVE#list",
            tile(look, "Linked", count(ConnectionStatus::Active), renewed),
        ),
        tile(look, "Ending soon", ending, ("consents within 14 days", Tone::Neutral)),
        href(
            "/admin/connections?status=EXPIRED#list",
            tile(look, "Need renewal", expired, ("only their customers can", Tone::Neutral)),
        ),
        href(
            "/admin/connections?status=ERROR#list",
            tile(look, "Out of order", broken, ("somebody should look", if_any(broken, Tone::Bad))),
        ),
    ]
}

/// Draws how many links worked on each day; nothing before the first count.
fn chart(look: &Look, health: &Health) -> Option<Markup> {
    let mut bars: Vec<Bar> = Vec::new();
    let mut days: Vec<_> = health.days.iter().map(|day| day.on_day).collect();
    days.dedup();
    for on_day in days {
        let of = |status| {
            let row = health.days.iter().find(|day| day.on_day == on_day && day.status == status);
            row.map_or(0, |row| row.connections)
        };
        let (active, expired) = (of(ConnectionStatus::Active), of(ConnectionStatus::Expired));
        let broken = of(ConnectionStatus::Error);
        bars.push(Bar {
            label: look.format().day(on_day),
            short: on_day.format("%-d").to_string(),
            size: active,
            text: format!("{active} linked, {expired} need renewal, {broken} out of order"),
            href: String::new(),
        });
    }
    let caption = "Linked on each day".to_owned();
    // One day shows no course.
    (bars.len() > 1).then(|| Bars { caption, bars }.draw())
}

/// Says on the home page whether links to other banks need somebody.
pub fn tiles<'a>(bank: &'a Bank, staff: &'a Staff) -> BoxFuture<'a, Result<Vec<Tile>, Problem>> {
    async move {
        if !staff.look.may(Permission::ReadConnections) || bank.open_banking.is_none() {
            return Ok(Vec::new());
        }
        let Glance { linked, broken, ending, failing, alarmed } =
            service::glance(bank, &staff.caller).await?;
        let (note, tone) = match (alarmed, broken, failing) {
            (true, ..) => ("our own credentials are refused".to_owned(), Tone::Bad),
            (_, 1.., _) => (format!("{} out of order", staff.look.count(broken)), Tone::Warning),
            (_, _, banks @ 1..) => (format!("{banks} banks do not answer"), Tone::Warning),
            _ => (format!("{ending} consents end soon"), Tone::Neutral),
        };
        let tile = tile(&staff.look, "Links to other banks", linked, (&note, tone));
        Ok(vec![Tile { group: "Bank", href: Some(CONNECTIONS), ..tile }])
    }
    .boxed()
}
