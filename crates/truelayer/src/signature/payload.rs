//! What a `Tl-Signature` is made over.

use http::HeaderMap;

use super::SignatureError;

/// Holds the parts of a request that are signed; the body is the raw bytes.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// In capitals: `POST`.
    pub method: &'a str,
    /// The path without host and query.
    pub path: &'a str,
    /// All headers that arrived.
    pub headers: &'a HeaderMap,
    /// The body as it arrived.
    pub body: &'a [u8],
}

impl SignedRequest<'_> {
    /// Puts the message together: method and path, each named header as it is cased in the signature, the body.
    ///
    /// # Errors
    /// [`SignatureError::Uncovered`] when a named header is not there exactly once.
    pub(super) fn message(&self, path: &str, names: &[&str]) -> Result<Vec<u8>, SignatureError> {
        let mut message = format!("{} {path}\n", self.method.to_ascii_uppercase()).into_bytes();
        for name in names {
            let mut values = self.headers.get_all(*name).iter();
            let (Some(value), None) = (values.next(), values.next()) else {
                return Err(SignatureError::Uncovered);
            };
            message.extend_from_slice(name.as_bytes());
            message.extend_from_slice(b": ");
            message.extend_from_slice(value.as_bytes());
            message.push(b'\n');
        }
        message.extend_from_slice(self.body);
        Ok(message)
    }

    /// Returns the path, and the path with the slash at its end added or taken away: proxies do either.
    pub(super) fn paths(&self) -> [String; 2] {
        let other = match self.path.strip_suffix('/') {
            Some(without) => without.to_owned(),
            None => format!("{}/", self.path),
        };
        [self.path.to_owned(), other]
    }
}
