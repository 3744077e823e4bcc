//! The template of the route that a request takes.

use axum::extract::MatchedPath;
use axum::http::Extensions;

/// Names a route by its template, `/api/v1/accounts/{id}`, however the version was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Route(pub String);

impl Route {
    /// Reads the template that the router matched; none for an unknown path.
    pub fn of(extensions: &Extensions) -> Option<Self> {
        let matched = extensions.get::<MatchedPath>()?.as_str();
        Some(Self(current_version(matched)))
    }
}

/// The unversioned `/api/…` answers as the current version, so both are one route.
fn current_version(template: &str) -> String {
    match template.strip_prefix("/api/") {
        Some(rest) if !rest.starts_with("v1/") && rest != "openapi.json" => format!("/api/v1/{rest}"),
        _ => template.to_owned(),
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
            assert_eq!(current_version(template), name);
        }
    }
}
