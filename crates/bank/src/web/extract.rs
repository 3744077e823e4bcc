//! Extractors that explain what they could not read.

use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Problem;
use crate::Caller;

/// How many bytes most answers fit into.
const USUAL_ANSWER: usize = 1024;

/// Reads and writes JSON; a field that does not fit is named by its RFC 6901 pointer.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(status, "unsupported_media_type", "Send application/json"));
        }
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|rejection| too_large(&rejection))?;
        parse_json(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut bytes = Vec::with_capacity(USUAL_ANSWER);
        match serde_json::to_writer(&mut bytes, &self.0) {
            Ok(()) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
            Err(error) => Problem::internal(&error).into_response(),
        }
    }
}

/// Reads a JSON body that is already in memory.
///
/// # Errors
/// 400 when it is no JSON, 422 with a pointer when a field does not fit.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        match inner.classify() {
            serde_json::error::Category::Data => Problem::invalid_field(pointer, message(&inner)),
            _ => Problem::unreadable(format!("the body is not JSON: {inner}")),
        }
    })?;
    reader.end().map_err(|error| Problem::unreadable(format!("the body is not one JSON value: {error}")))?;
    Ok(value)
}

/// Drops the position, which means nothing in a body that nobody sees laid out.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let parts = path.iter().map(|segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => "/?".to_owned(),
    });
    parts.collect()
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(kind)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn too_large(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::too_large();
    }
    Problem::unreadable("the body did not arrive whole")
}

/// Reads the query string; a parameter that does not fit is named, a repeated one refused.
///
/// What the type does not know is ignored, so a list takes `Query<ListQuery>` beside the query of its own
/// filters. Never `#[serde(flatten)]` one into the other: a flattened number is read as text and refused.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        refuse_repeated(text)?;
        let reader = serde_urlencoded::Deserializer::new(form_pairs(text));
        let value = serde_path_to_error::deserialize(reader).map_err(|error| {
            let name = error.path().to_string();
            Problem::invalid_field(name, error.into_inner().to_string())
        })?;
        Ok(Self(value))
    }
}

/// Two values for one name would mean whichever the reader happens to take.
fn refuse_repeated(text: &str) -> Result<(), Problem> {
    let mut seen = std::collections::BTreeSet::new();
    for (name, _) in form_pairs(text) {
        if !seen.insert(name.clone()) {
            return Err(Problem::invalid_field(name, "given more than once"));
        }
    }
    Ok(())
}

fn form_pairs(text: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(text.as_bytes())
}

/// Reads the path; an id of another kind names nothing, so it is 404.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|_: PathRejection| Problem::not_found())
    }
}

/// Takes who asks, as the authentication layer found out; 401 when nobody is signed in.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if let Some(caller) = parts.extensions.get::<Self>() {
            return Ok(caller.clone());
        }
        // The layer leaves a problem where somebody is known, but may not act by what they showed.
        Err(parts.extensions.get::<Problem>().cloned().unwrap_or_else(Problem::unauthenticated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[expect(dead_code, reason = "only its reading is tested")]
        lines: Vec<kernel::Money>,
    }

    fn refusal(body: &str) -> String {
        String::from_utf8(parse_json::<Order>(body.as_bytes()).expect_err("a problem").to_json())
            .expect("text")
    }

    #[test]
    fn a_field_that_does_not_fit_is_named_by_its_pointer() {
        let wrong = refusal(
            r#"{"lines":[{"amount_minor":1,"currency":"GBP"},{"amount_minor":"x","currency":"GBP"}]}"#,
        );
        assert!(wrong.contains(r#""pointer":"/lines/1/amount_minor""#), "{wrong}");
        assert!(wrong.contains(r#""status":422"#), "{wrong}");
        assert!(refusal(r#"{"lines":[],"other":1}"#).contains("unknown field"));
    }

    #[test]
    fn a_repeated_parameter_is_refused_by_name_however_it_is_written() {
        assert!(refuse_repeated("a=1&b=1&c=").is_ok());
        for text in ["a=1&a=1", "a=1&b=2&%61=3"] {
            let problem = refuse_repeated(text).expect_err("a problem").to_json();
            assert!(String::from_utf8(problem).expect("text").contains(r#""pointer":"a""#), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_or_more_than_one_value_is_unreadable() {
        for body in ["{", "", "{\"lines\":[]} {}", "nope"] {
            assert!(refusal(body).contains(r#""status":400"#), "{body}");
        }
    }
}
