//! The home page: what waits, how much there is, how the bank is.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Bank;
use crate::web::Problem;
use crate::web::page::{Look, Markup, Staff, Tile, Tone};

/// Under this heading stands what waits for somebody.
const TODAY: &str = "Today";

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(home_page))
}

#[derive(Template)]
#[template(path = "console/pages/home.html")]
struct HomePage<'a> {
    look: &'a Look,
    title: &'static str,
    groups: Vec<(&'static str, Vec<Tile>)>,
    sections: Vec<Markup>,
    alerts: Vec<Tile>,
}

impl HomePage<'_> {
    fn greeting(&self) -> &str {
        let name = self.look.member().map_or("", |member| member.name.as_str());
        name.split_whitespace().next().unwrap_or_default()
    }
}

/// Shows today's work and the bank at a glance, each number with its list.
#[utoipa::path(get, path = "/admin", tag = "console", operation_id = "home_page", responses((status = 200)))]
async fn home_page(State(bank): State<Bank>, staff: Staff) -> Result<Response, Problem> {
    let mut groups: Vec<(&'static str, Vec<Tile>)> = Vec::new();
    for tiles in staff.contributions.home {
        for tile in tiles(&bank, &staff).await? {
            match groups.iter_mut().find(|(group, _)| *group == tile.group) {
                Some((_, tiles)) => tiles.push(tile),
                None => groups.push((tile.group, vec![tile])),
            }
        }
    }
    let alerts = alerts(&groups);
    if let Some(group) = groups.iter_mut().find(|(group, _)| *group == TODAY) {
        group.1.push(count(&staff.look, &alerts));
    }
    let mut sections = Vec::new();
    for section in staff.contributions.home_sections {
        sections.push(section(&bank, &staff).await?);
    }
    staff.show(&HomePage { look: &staff.look, title: "Home", groups, sections, alerts })
}

/// Picks what should not wait from below today's work.
fn alerts(groups: &[(&'static str, Vec<Tile>)]) -> Vec<Tile> {
    let standing = groups.iter().filter(|(group, _)| *group != TODAY).flat_map(|(_, tiles)| tiles);
    standing.filter(|tile| matches!(tile.tone, Tone::Bad | Tone::Warning)).cloned().collect()
}

fn count(look: &Look, alerts: &[Tile]) -> Tile {
    let is_bad = alerts.iter().any(|alert| alert.tone == Tone::Bad);
    let (tone, note) = match alerts.len() {
        0 => (Tone::Good, "all is well"),
        _ if is_bad => (Tone::Bad, "listed below"),
        _ => (Tone::Warning, "listed below"),
    };
    Tile {
        group: TODAY,
        label: "Alerts".to_owned(),
        value: look.count(i64::try_from(alerts.len()).unwrap_or(i64::MAX)),
        unit: String::new(),
        note: note.to_owned(),
        tone,
        href: (!alerts.is_empty()).then_some("#alerts"),
    }
}
