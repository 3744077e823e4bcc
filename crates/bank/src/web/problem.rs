//! Errors as RFC 9457 problem documents.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::RequestId;
use sea_orm::DbErr;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::openapi::{Ref, RefOr, Response as Declared, ResponseBuilder, ResponsesBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::context::Forbidden;

/// Describes a refusal to the caller: `application/problem+json`, RFC 9457.
///
/// `code` is stable and names the refusal; `type` is the same as a URN. A refusal that has numbers to
/// explain it carries them as members of their own, such as `available_minor`.
// In a box, because it is the error of half of all functions and most calls succeed.
#[derive(Clone, Debug)]
pub struct Problem(Box<Document>);

/// Explains a refusal, RFC 9457; more members may stand beside these, such as `available_minor`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document {
    /// `urn:florin:problem:<code>`.
    #[serde(rename = "type")]
    kind: String,
    /// The stable name of the refusal.
    #[schema(value_type = String, example = "insufficient_funds")]
    code: &'static str,
    /// What happened, in general.
    title: String,
    /// The HTTP status, again.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, example = 422)]
    status: StatusCode,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The request, as in the header `X-Request-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    request_id: Option<RequestId>,
    /// Which parts of the input are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// The numbers that explain the refusal.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    #[serde(skip)]
    retry_after_seconds: Option<u32>,
}

/// Says what is wrong with one part of the input.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldError {
    /// Where, as an RFC 6901 pointer into the body, or the name of a parameter or header.
    #[schema(example = "/amount/currency")]
    pub pointer: String,
    /// What is wrong, in words.
    pub detail: String,
}

impl Problem {
    /// Describes a refusal by its status, its stable code and a title that is the same every time.
    pub fn new(status: StatusCode, code: &'static str, title: impl Into<String>) -> Self {
        Self(Box::new(Document {
            kind: format!("urn:florin:problem:{code}"),
            code,
            title: title.into(),
            status,
            detail: None,
            request_id: None,
            errors: Vec::new(),
            data: Map::new(),
            retry_after_seconds: None,
        }))
    }

    /// 400: the request cannot be read.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable_request", "The request cannot be read").detail(detail)
    }

    /// 401: nobody is signed in, or the session has ended. The body never says which.
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first")
    }

    /// 403: signed in, but not allowed.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed")
    }

    /// 404: absent, or not the caller's.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found")
    }

    /// 405: the route exists, but not with this method.
    pub fn method_not_allowed() -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "method_not_allowed", "The route does not know this method")
    }

    /// 413: more was sent than the route takes.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large")
    }

    /// 409: what is asked for contradicts the state of things.
    pub fn conflict(code: &'static str, title: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, title)
    }

    /// 422: understood, and refused.
    pub fn refused(code: &'static str, title: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, title)
    }

    /// 422: some fields are wrong.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::refused("invalid_input", "Some of the input is not valid");
        problem.0.errors = errors;
        problem
    }

    /// 422: one field is wrong.
    pub fn invalid_field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// 429: too many requests; try again after so many seconds.
    pub fn too_many(retry_after_seconds: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests")
            .retry_after(retry_after_seconds)
    }

    /// 503: try again after so many seconds.
    pub fn unavailable(retry_after_seconds: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again later")
            .retry_after(retry_after_seconds)
    }

    /// 500, without detail. The cause is logged here, once, in its display form.
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(error = %cause, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong on our side")
    }

    /// Says what happened this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds a member that explains the refusal.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.0.data.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// Names the request.
    #[must_use]
    pub fn request_id(mut self, id: RequestId) -> Self {
        self.0.request_id = Some(id);
        self
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// Returns what happened, in general.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// Returns what happened this time.
    pub fn explanation(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// Returns which parts of the input are wrong.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// Returns after how many seconds it is worth to try again.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.0.retry_after_seconds
    }

    /// Renders the document.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).unwrap_or_default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this shape")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl IntoResponse for Problem {
    /// Renders the document, and leaves it in the extensions for the layer that knows the request id.
    fn into_response(self) -> Response {
        let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        let mut response = (self.status(), content_type, self.to_json()).into_response();
        if let Some(seconds) = self.0.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Forbidden> for Problem {
    fn from(_: Forbidden) -> Self {
        Self::forbidden()
    }
}

impl From<DbErr> for Problem {
    /// A lock that is not free in time is the caller's to try again, and so is a disk that is full or a server that is
    /// gone; everything else is ours.
    fn from(error: DbErr) -> Self {
        if database::is_busy(&error) {
            tracing::warn!(error = %error, "the database is busy");
            return Self::unavailable(1);
        }
        if database::is_unavailable(&error) {
            tracing::error!(error = %error, "the database cannot do its work");
            return Self::unavailable(5);
        }
        Self::internal(&error)
    }
}

/// Declares, once for every route, the problems that any of them may answer with.
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Declared>> {
        let described = [
            ("400", "The request cannot be read"),
            ("401", "Nobody is signed in"),
            ("403", "Not allowed"),
            ("404", "Absent, or not the caller's"),
            ("405", "The route does not know this method"),
            ("408", "The request took too long to arrive"),
            ("409", "Contradicts the state of things"),
            ("413", "The body is too large"),
            ("415", "The body is not JSON"),
            ("422", "Understood, and refused"),
            ("429", "Too many requests"),
            ("500", "Our mistake"),
            ("503", "Try again later"),
        ];
        let mut responses = ResponsesBuilder::new();
        for (status, description) in described {
            let content =
                utoipa::openapi::ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response =
                ResponseBuilder::new().description(description).content("application/problem+json", content);
            responses = responses.response(status, response);
        }
        responses.build().responses.into_iter().collect()
    }
}
