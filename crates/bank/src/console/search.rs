//! The search over everything that staff looks for, as a page and as the palette below the search box.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Bank;
use crate::web::Problem;
use crate::web::page::navigation::ENTRIES;
use crate::web::page::{Hit, Listing, Look, Staff};

/// Shorter texts find too much to be of use.
const SHORTEST: usize = 2;

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(search_page)).routes(routes!(palette))
}

#[derive(Template)]
#[template(path = "console/pages/search.html")]
struct SearchPage<'a> {
    look: &'a Look,
    title: &'static str,
    text: &'a str,
    groups: Vec<(&'static str, Vec<Hit>)>,
}

#[derive(Template)]
#[template(path = "console/pages/hits.html")]
struct Palette<'a> {
    text: &'a str,
    groups: Vec<(&'static str, Vec<Hit>)>,
}

/// Finds people, accounts and pages by a text.
#[utoipa::path(
    get, path = "/admin/search", tag = "console", operation_id = "search_page", responses((status = 200))
)]
async fn search_page(State(bank): State<Bank>, staff: Staff, listing: Listing) -> Result<Response, Problem> {
    let text = listing.text("q");
    let groups = find(&bank, &staff, text).await?;
    staff.show(&SearchPage { look: &staff.look, title: "Search", text, groups })
}

/// Finds the same, for the palette.
#[utoipa::path(
    get, path = "/admin/palette", tag = "console", operation_id = "palette", responses((status = 200))
)]
async fn palette(State(bank): State<Bank>, staff: Staff, listing: Listing) -> Result<Response, Problem> {
    let text = listing.text("q");
    let groups = find(&bank, &staff, text).await?;
    staff.show(&Palette { text, groups })
}

async fn find(bank: &Bank, staff: &Staff, text: &str) -> Result<Vec<(&'static str, Vec<Hit>)>, Problem> {
    if text.chars().count() < SHORTEST {
        return Ok(Vec::new());
    }
    let mut hits = pages(&staff.look, text);
    for search in staff.contributions.search {
        hits.extend(search(bank, staff, text).await?);
    }
    let mut groups: Vec<(&'static str, Vec<Hit>)> = Vec::new();
    for hit in hits {
        match groups.iter_mut().find(|(group, _)| *group == hit.group) {
            Some((_, hits)) => hits.push(hit),
            None => groups.push((hit.group, vec![hit])),
        }
    }
    Ok(groups)
}

/// Finds pages of the navigation by a part of their names.
fn pages(look: &Look, text: &str) -> Vec<Hit> {
    let text = text.to_lowercase();
    let may = |needs: Option<crate::Permission>| needs.is_none_or(|permission| look.may(permission));
    let found = ENTRIES.iter().filter(|entry| may(entry.needs) && entry.label.to_lowercase().contains(&text));
    let hit = |entry: &crate::web::page::navigation::Entry| Hit {
        group: "Pages",
        title: entry.label.to_owned(),
        detail: String::new(),
        href: entry.href.to_owned(),
    };
    found.map(hit).collect()
}
