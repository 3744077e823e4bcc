//! How much a request may send, and how long everything may take.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;

use crate::web::{Limits, Problem};

/// Holds the body's bytes as they arrived, for fingerprints and signatures.
#[derive(Clone, Debug)]
pub struct RawBody(pub Bytes);

/// Reads the body within its limits, then gives the handler its time.
///
/// The body is read here, so that one that is too slow (408) differs from work that is too slow (503), and
/// so that a handler never waits for a client while it holds a transaction. Work that runs out of time is
/// dropped, and its transaction with it.
pub(super) async fn bounded(limits: Limits, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let (mut parts, body) = request.into_parts();
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: usize| length > limits.body_bytes)
    {
        return Problem::too_large().into_response();
    }
    let bytes = match tokio::time::timeout(limits.time, read(body, limits.body_bytes)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(problem)) => return problem.into_response(),
        Err(_) => return too_slow(limits.time).into_response(),
    };
    parts.extensions.insert(RawBody(bytes.clone()));
    let request = Request::from_parts(parts, Body::from(bytes));
    tokio::time::timeout(limits.time, next.run(request)).await.unwrap_or_else(|_| {
        tracing::error!("a request ran out of time");
        Problem::unavailable(1).into_response()
    })
}

/// Reads the whole body; one that comes in a single piece is not copied.
async fn read(body: Body, most: usize) -> Result<Bytes, Problem> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut pieces = body.into_data_stream();
    let mut whole = Vec::new();
    let mut first: Option<Bytes> = None;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Problem::unreadable("the body did not arrive whole"))?;
        if whole.len() + first.as_ref().map_or(0, Bytes::len) + piece.len() > most {
            return Err(Problem::too_large());
        }
        match first.take() {
            None if whole.is_empty() => first = Some(piece),
            earlier => {
                whole.extend_from_slice(&earlier.unwrap_or_default());
                whole.extend_from_slice(&piece);
            }
        }
    }
    Ok(first.unwrap_or_else(|| Bytes::from(whole)))
}

fn too_slow(time: Duration) -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "The request took too long to arrive")
        .with("timeout_seconds", time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_in_pieces_arrives_whole_and_stops_at_its_limit() {
        let pieces = ["one ", "two ", "three"];
        let body = || Body::from_stream(futures_util::stream::iter(pieces.map(Ok::<_, std::io::Error>)));
        assert_eq!(read(body(), 13).await.expect("within the limit"), "one two three");
        assert_eq!(read(body(), 12).await.expect_err("too large").code(), "body_too_large");
        assert_eq!(read(Body::from("single"), 6).await.expect("within the limit"), "single");
        assert!(read(Body::empty(), 0).await.expect("nothing").is_empty());
    }
}
