//! The documentation of the API, rendered from its OpenAPI document when the program starts.
//!
//! Two pages without any script, under a policy that allows nothing but our own stylesheet: every operation
//! with its input, answers and examples, and every problem code. Nothing here knows a route by name.

mod outline;
mod problems;
mod sample;
mod schema;
mod text;

use askama::Template;
use utoipa::openapi::OpenApi;

use super::file::File;
use outline::Outline;
use problems::Entry;

const HTML: &str = "text/html; charset=utf-8";

/// Holds the pages and their stylesheet.
#[derive(Clone, Debug)]
pub struct Docs {
    /// Every operation and every schema.
    pub operations: File,
    /// Every problem code.
    pub problems: File,
    /// How they look.
    pub style: File,
}

#[derive(Template)]
#[template(path = "web/docs/operations.html")]
struct OperationsPage<'a> {
    outline: &'a Outline,
}

#[derive(Template)]
#[template(path = "web/docs/problems.html")]
struct ProblemsPage<'a> {
    title: &'a str,
    entries: &'a [Entry],
}

impl Docs {
    /// Renders the pages from the document.
    pub fn render(document: &OpenApi) -> Self {
        let document = serde_json::to_value(document).expect("a document is serializable");
        let outline = Outline::read(&document);
        let operations = OperationsPage { outline: &outline }.render();
        let problems = ProblemsPage { title: &outline.title, entries: &problems::entries() }.render();
        Self {
            operations: File::new(HTML, operations.expect("writing to a string cannot fail")),
            problems: File::new(HTML, problems.expect("writing to a string cannot fail")),
            style: File::new("text/css; charset=utf-8", include_str!("style.css")),
        }
    }
}
