//! The template of the route that a request takes.

use std::sync::Arc;

use axum::extract::MatchedPath;
use axum::http::Extensions;

/// Names a route by its template, `/api/v1/accounts/{id}`, however the version was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Route(pub Arc<str>);

impl Route {
    /// Reads the template that the router matched, and leaves it for those further in; none for an unknown path.
    pub(super) fn find(extensions: &mut Extensions) -> Option<Self> {
        let route = Self(current_version(extensions.get::<MatchedPath>()?.as_str()));
        extensions.insert(route.clone());
        Some(route)
    }

    /// Returns the template that was left.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }
}

/// The unversioned `/api/…` answers as the current version, so both are one route.
fn current_version(template: &str) -> Arc<str> {
    match template.strip_prefix("/api/") {
        Some(rest) if !rest.starts_with("v1/") && rest != "openapi.json" => format!("/api/v1/{rest}").into(),
        _ => template.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::current_version;

    #[test]
    fn both_spellings_of_a_route_are_one() {
        for (template, name) in [
            ("/api/transfers/{id}", "/api/v1/transfers/{id}"),
            ("/api/v1/transfers/{id}", "/api/v1/transfers/{id}"),
            ("/api/openapi.json", "/api/openapi.json"),
            ("/livez", "/livez"),
        ] {
            assert_eq!(&*current_version(template), name);
        }
    }
}
