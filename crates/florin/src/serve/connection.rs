//! One connection: HTTP/1.1 or HTTP/2, with limits on slowness.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::listener::Answers;
use super::opening::Opening;

/// How long a client may take for the first bytes, and for the headers of each request.
const HEADERS: Duration = Duration::from_secs(10);
/// How often a silent HTTP/2 client is asked whether it lives, and how long it may take to say so.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How many requests one HTTP/2 connection may have open.
const STREAMS: u32 = 128;
/// How many bytes the headers of one request may have.
const HEADER_BYTES: u32 = 32 * 1024;

/// Answers the requests of one connection until it ends; after `stop`, those that have begun.
pub(crate) async fn serve<S>(stream: S, peer: SocketAddr, answers: impl Answers, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let builder = builder();
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        answers.clone().oneshot(request)
    });
    let connection = builder.serve_connection(TokioIo::new(Opening::new(stream, HEADERS)), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Clients that vanish or dawdle are everyday life.
        tracing::debug!(error = %error, "a connection ended early");
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).max_headers(100);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_BYTES);
    builder
}
