//! Texts that are the same for everybody: pages made at start, styles, the OpenAPI document.

use std::borrow::Cow;

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
    caching: HeaderValue,
}

/// A cache asks each time: a new version of the program may have other bytes at the same place.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("public, no-cache");
/// The place names the bytes, so that they never change there.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

impl File {
    /// Takes the text and its media type.
    pub fn new(kind: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        let bytes = match text.into() {
            Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
            // Without the room that was kept for more: half of it, for a text that was written bit by bit.
            Cow::Owned(text) => text.into_boxed_str().into_boxed_bytes().into(),
        };
        let tag = format!("\"{}\"", hex::encode(&digest(&SHA256, &bytes).as_ref()[..16]));
        let tag = HeaderValue::try_from(tag).expect("hexadecimal digits are ASCII");
        Self { bytes, kind, tag, caching: ASK_FIRST }
    }

    /// Lets caches keep the bytes for ever: the file's place has [`File::short_tag`] in it.
    #[must_use]
    pub fn for_ever(self) -> Self {
        Self { caching: FOR_EVER, ..self }
    }

    /// Returns the first letters of the bytes' hash.
    pub fn short_tag(&self) -> String {
        let tag = self.tag.to_str().unwrap_or_default();
        tag.trim_matches('"').chars().take(12).collect()
    }

    /// Answers a `GET`: 304 when the client has these very bytes (RFC 9110 §13.1.2).
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let known = request.get_all(header::IF_NONE_MATCH).iter();
        let mut known = known.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        // Compression weakens the tag on its way out, so the comparison is the weak one.
        let is_known = known.any(|tag| tag.trim().trim_start_matches("W/").as_bytes() == self.tag.as_bytes());
        let headers = [
            (header::ETAG, self.tag.clone()),
            (header::CACHE_CONTROL, self.caching.clone()),
            (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        ];
        if is_known {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, [(header::CONTENT_TYPE, self.kind)], self.bytes.clone()).into_response()
    }
}
