//! Finds the pages of the console by following links, one page of each kind.
//!
//! The kinds are the paths of the console's own document (`/admin/customers/{id}` is one). A link that leads to none of
//! them is a mistake of the page that shows it.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use crate::Browser;

/// What a page links to: its links, and where its searches lead.
const LINKS: &str = "return [
  ...[...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href')),
  ...[...document.querySelectorAll('form[method=get]')].map((form) => form.getAttribute('action')),
].filter((href) => href && !href.startsWith('#'))";

/// A list whose newest rows may be gone before they are looked at, and the part of it that stays.
const FLEETING: (&str, &str) = ("/admin/jobs", "/admin/jobs?state=done");

/// One page of each kind, by kind.
pub type Places = BTreeMap<String, String>;

/// Walks from the home page over everything that the reader can reach. Files are among the places, but not opened.
pub async fn walk(browser: &Browser) -> Places {
    let kinds = kinds();
    let mut places = Places::new();
    let mut ahead = VecDeque::from(["/admin".to_owned()]);
    while let Some(href) = ahead.pop_front() {
        let path = href.split('?').next().unwrap_or(&href);
        if !path.starts_with("/admin") {
            continue;
        }
        let Some(kind) = kinds.iter().find(|kind| fits(path, kind)) else {
            panic!("a link leads to {href}, which is no page");
        };
        if places.contains_key(kind) {
            continue;
        }
        let href = if kind == FLEETING.0 { FLEETING.1.to_owned() } else { href };
        places.insert(kind.clone(), href.clone());
        if is_file(kind) {
            continue;
        }
        browser.open(&href).await;
        let links = browser.ask(LINKS).await;
        ahead.extend(links.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    }
    places
}

/// Says whether a place is a file to keep rather than a page to look at.
pub fn is_file(kind: &str) -> bool {
    kind.ends_with("/export")
}

/// Lists the kinds of pages, those without variable parts first.
pub fn kinds() -> Vec<String> {
    let document = serde_json::to_value(bank::router::console_document()).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let is_page = |(path, item): &(&String, &Value)| path.starts_with("/admin") && item.get("get").is_some();
    let mut kinds: Vec<String> = paths.iter().filter(is_page).map(|(path, _)| path.clone()).collect();
    kinds.sort_by_key(|kind| kind.matches('{').count());
    kinds
}

fn fits(path: &str, kind: &str) -> bool {
    let (path, kind) = (path.split('/').collect::<Vec<_>>(), kind.split('/').collect::<Vec<_>>());
    let matches = |(part, pattern): (&&str, &&str)| part == pattern || pattern.starts_with('{');
    path.len() == kind.len() && path.iter().zip(&kind).all(matches)
}
