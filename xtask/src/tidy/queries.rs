//! What a route takes from the query string stands in its documentation.
//!
//! `web`'s extractor `Query` is not one that utoipa knows: a route that takes `Query<Filter>` says `params(Filter)` in
//! its `#[utoipa::path]`, or the document would keep the filter from its readers.

use super::{Offence, Tree};

const EXTRACTOR: &str = "Query<";

/// Reports every route whose query is missing from its documentation.
pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in tree.sources.iter().filter(|source| source.path.contains("/api")) {
        for at in source.find(EXTRACTOR).filter(|at| !source.is_test(*at)) {
            let rest = &source.code[at + EXTRACTOR.len()..];
            let name = rest.split('>').next().unwrap_or(rest);
            let route = source.code[..at].rfind("#[utoipa::path(").unwrap_or(0);
            let attribute = source.code[route..at].split(")]").next().unwrap_or_default();
            if attribute.starts_with("#[utoipa::path(") && !attribute.contains(name) {
                offences.push(Offence {
                    rule: "queries",
                    path: source.path.clone(),
                    line: source.line(at),
                    what: format!("say params({name}) in the route's #[utoipa::path]"),
                });
            }
        }
    }
    offences
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::check;

    #[test]
    fn a_query_that_the_document_does_not_name_is_reported() {
        let told = "#[utoipa::path(get, params(Told))]\nasync fn a(Query(q): Query<Told>) {}\n";
        let kept = "#[utoipa::path(get, path = \"/Kept\")]\nasync fn b(Query(q): Query<Kept>) {}\n";
        let file = format!("{told}{kept}");
        assert_eq!(
            found(check, &[("crates/bank/src/x/api.rs", &file)]),
            ["crates/bank/src/x/api.rs:4 queries"]
        );
    }
}
