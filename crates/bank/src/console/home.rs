//! The home page: what waits, how much there is, how the bank is.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Bank;
use crate::web::Problem;
use crate::web::page::{Look, Staff, Tile};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(home_page))
}

#[derive(Template)]
#[template(path = "console/pages/home.html")]
struct HomePage<'a> {
    look: &'a Look,
    title: &'static str,
    groups: Vec<(&'static str, Vec<Tile>)>,
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
    staff.show(&HomePage { look: &staff.look, title: "Home", groups })
}
