//! One request, limited in time and size.

use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::{Client, Outgoing, header};
use crate::error::{Error, Failure, Refusal};

/// How long a connection may take to be made.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the auth server may take.
pub(super) const AUTH_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a bank may take behind the data server, which itself waits for it.
pub(super) const DATA_TIMEOUT: Duration = Duration::from_mins(1);
/// The longest answer: several years of a busy account are a tenth of it.
const LONGEST_ANSWER: usize = 32 << 20;

/// A success: the headers and the whole body.
pub(crate) struct Reply {
    pub(crate) name: &'static str,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// Sends, waits for the whole answer, and turns what is no success into a refusal.
    pub(crate) async fn send(&self, outgoing: Outgoing<'_>) -> Result<Reply, Error> {
        let begun = Instant::now();
        let Outgoing { name, mut request, token } = outgoing;
        if let Some(token) = token {
            let text = format!("Bearer {}", token.expose());
            let mut value = HeaderValue::from_str(&text).map_err(|_| Error::Unreachable(Failure::SetUp))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let outcome = receive(name, request).await;
        let elapsed_milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (status, correlation_id) = match &outcome {
            Ok(reply) => (reply.status, correlation_id(&reply.headers)),
            Err(error) => (
                if let Error::Refused(refusal) = error { refusal.status } else { 0 },
                error.correlation_id().map(str::to_owned),
            ),
        };
        tracing::debug!(
            endpoint = name,
            status,
            correlation_id = correlation_id.as_deref().unwrap_or_default(),
            elapsed_milliseconds,
            "TrueLayer answered {name} with {status}"
        );
        outcome
    }
}

async fn receive(name: &'static str, request: reqwest::RequestBuilder) -> Result<Reply, Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let body = read_limited(response).await?;
    if (200..300).contains(&status) {
        return Ok(Reply { name, status, headers, body });
    }
    let mut refusal = Refusal::read(status, &body);
    let seconds = header(&headers, RETRY_AFTER.as_str()).and_then(|text| text.parse().ok());
    refusal.retry_after = seconds.map(Duration::from_secs);
    refusal.should_retry = header(&headers, "tl-should-retry").map(|text| text == "true");
    refusal.correlation_id = correlation_id(&headers).or(refusal.correlation_id);
    Err(Box::new(refusal).into())
}

async fn read_limited(mut response: reqwest::Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(Error::Unreachable(Failure::TooLong));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The Data API and the Payments API name the same thing differently.
pub(super) fn correlation_id(headers: &HeaderMap) -> Option<String> {
    header(headers, "x-tl-correlation-id").or_else(|| header(headers, "tl-trace-id"))
}

impl Reply {
    /// Reads the body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // The parser's own message may quote the text, so it is dropped.
        serde_json::from_slice(&self.body).map_err(|_| self.unreadable())
    }

    /// Says that the answer cannot be read.
    pub(crate) fn unreadable(&self) -> Error {
        Error::Unreadable { what: self.name, correlation_id: correlation_id(&self.headers) }
    }
}
