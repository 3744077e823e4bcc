//! The key of a request that may be repeated, read at the edge.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use kernel::Actor;
use ledger::receipts::{ReceiptKey, digest};
use uuid::Uuid;

use crate::web::{Problem, RawBody, Route, page};

const HEADER: &str = "idempotency-key";

/// Names a request that may be repeated, within its caller and route, and knows its content.
///
/// Follows draft-ietf-httpapi-idempotency-key-header, with a plain value instead of a quoted one.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    key: String,
    /// `POST:/transfers`.
    operation: String,
    fingerprint: Uuid,
}

impl IdempotencyKey {
    /// Names the receipt: the key of this principal on this method and route.
    pub fn receipt(&self, actor: Actor) -> ReceiptKey {
        let id = actor.uuid().map_or_else(String::new, |id| id.simple().to_string());
        let scope = format!("{}:{id}:{}", actor.kind().as_str(), self.operation);
        ReceiptKey::new(&scope, &self.key, self.fingerprint)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let body = parts.extensions.get::<RawBody>().map(|body| &body.0[..]).unwrap_or_default();
        let key =
            if page::Area::of(parts.uri.path()).is_some() { of_form(body) } else { read(&parts.headers) }?;
        let route = Route::of(&parts.extensions).map_or("", |route| &route.0);
        let path_and_query = parts.uri.path_and_query().map_or("", |whole| whole.as_str());
        Ok(Self {
            key,
            operation: operation(&parts.method, route),
            fingerprint: fingerprint(without_version(path_and_query), body),
        })
    }
}

/// Where a key is welcome but not required; none when the header is absent.
impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        if !parts.headers.contains_key(HEADER) {
            return Ok(None);
        }
        <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some)
    }
}

fn operation(method: &Method, route: &str) -> String {
    format!("{method}:{}", without_version(route))
}

/// `/api/v1/transfers`, `/api/transfers` and, inside a nested router, `/transfers` are the same.
fn without_version(path: &str) -> &str {
    let path = path.strip_prefix("/api").unwrap_or(path);
    path.strip_prefix("/v1").unwrap_or(path)
}

/// Digests path, query and raw body.
///
/// The path is part of it, because the scope has the route's template: the same key and body for another account is
/// another request.
fn fingerprint(path_and_query: &str, body: &[u8]) -> Uuid {
    digest(&[path_and_query.as_bytes(), body])
}

fn read(headers: &HeaderMap) -> Result<String, Problem> {
    fit(headers.get_all(HEADER).iter().map(|line| line.as_bytes().to_vec()))
}

/// Reads the key that a page put into its form.
fn of_form(body: &[u8]) -> Result<String, Problem> {
    let fields = form_urlencoded::parse(body).filter(|(name, _)| name == page::KEY_FIELD);
    fit(fields.map(|(_, value)| value.as_bytes().to_vec()))
}

fn fit(mut values: impl Iterator<Item = Vec<u8>>) -> Result<String, Problem> {
    let Some(value) = values.next() else {
        let title = "Send an Idempotency-Key, so that the request can be repeated without harm";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_required", title));
    };
    let visible = value.iter().all(u8::is_ascii_graphic);
    if values.next().is_some() || !visible || !(1..=255).contains(&value.len()) {
        let detail = "must be one value of 1 to 255 visible ASCII characters";
        return Err(Problem::invalid_field("Idempotency-Key", detail));
    }
    Ok(value.into_iter().map(char::from).collect())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn outcome(values: &[&str]) -> Result<String, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value.as_bytes()).expect("a header"));
        }
        read(&headers).map_err(|problem| problem.code())
    }

    #[test]
    fn a_key_is_one_value_of_visible_ascii() {
        assert_eq!(outcome(&["order-17"]).as_deref(), Ok("order-17"));
        assert_eq!(outcome(&["x".repeat(255).as_str()]).map(|key| key.len()), Ok(255));
        assert_eq!(outcome(&[]), Err("idempotency_key_required"));
        for values in [&[""] as &[&str], &["two words"], &["é"], &["one", "two"], &[&"x".repeat(256)]] {
            assert_eq!(outcome(values), Err("invalid_input"), "{values:?}");
        }
    }

    #[test]
    fn a_form_carries_its_key_in_a_field() {
        assert_eq!(of_form(b"csrf=x&idempotency_key=k1&amount=5").ok().as_deref(), Some("k1"));
        assert_eq!(of_form(b"csrf=x").expect_err("none").code(), "idempotency_key_required");
        assert!(of_form(b"idempotency_key=a&idempotency_key=b").is_err());
    }

    #[test]
    fn both_spellings_of_a_route_have_one_scope_and_another_path_has_another_fingerprint() {
        for path in ["/api/v1/transfers", "/api/transfers", "/transfers"] {
            assert_eq!(operation(&Method::POST, path), "POST:/transfers");
        }
        let of = |path| fingerprint(without_version(path), b"{}");
        assert_eq!(of("/api/v1/accounts/a/close"), of("/accounts/a/close"));
        assert_ne!(of("/accounts/a/close"), of("/accounts/b/close"));
        assert_ne!(of("/accounts/a/close"), of("/accounts/a/close?force=1"));
        assert_ne!(fingerprint("/transfers", b"{}"), fingerprint("/transfers", b"{ }"));
    }
}
