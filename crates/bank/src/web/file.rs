//! Bytes that are the same for everybody: pages made at start, styles, the OpenAPI document.

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::layers::headers::PAGE_POLICY;

/// Holds one file in memory, ready to be sent or found unchanged; clones share the bytes.
#[derive(Clone, Debug)]
pub struct File {
    bytes: Bytes,
    kind: &'static str,
    tag: HeaderValue,
}

impl File {
    /// Takes the bytes and their media type.
    pub fn new(kind: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let tag = format!("\"{}\"", hex::encode(&digest(&SHA256, &bytes).as_ref()[..16]));
        Self { bytes, kind, tag: HeaderValue::try_from(tag).expect("hexadecimal digits are ASCII") }
    }

    /// Answers a `GET`: 304 when the client has these very bytes (RFC 9110 §13.1.2).
    ///
    /// A cache asks each time, because a new version of the program may have other bytes at the same place.
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let known = request.get_all(header::IF_NONE_MATCH).iter();
        let mut known = known.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        // Compression weakens the tag on its way out, so the comparison is the weak one.
        let is_known = known.any(|tag| tag.trim().trim_start_matches("W/").as_bytes() == self.tag.as_bytes());
        let headers = [
            (header::ETAG, self.tag.clone()),
            (header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache")),
            (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        ];
        if is_known {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, [(header::CONTENT_TYPE, self.kind)], self.bytes.clone()).into_response()
    }
}
