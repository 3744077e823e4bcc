//! Accepting connections, up to a limit, until told to stop.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Body;
use axum::http::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use super::connection;

/// How long the TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long accepting rests after the process ran out of file handles.
const REST: Duration = Duration::from_millis(100);

/// Holds a bound address.
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
}

/// Answers requests; a router, or a function.
pub(crate) trait Answers:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Answers for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

impl Listener {
    /// Binds `address`; at most `connections` are open at once, further ones wait in the kernel's queue.
    ///
    /// # Errors
    /// The address that cannot be bound.
    pub(crate) async fn bind(
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
        connections: usize,
    ) -> anyhow::Result<Self> {
        let socket =
            TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, tls, places: Arc::new(Semaphore::new(connections)) })
    }

    /// Returns the address, with the port that was bound.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop`; then closes the socket and gives open connections `drain` to finish.
    pub(crate) async fn serve(self, answers: impl Answers, stop: CancellationToken, drain: Duration) {
        let open = TaskTracker::new();
        while let Some((stream, peer, place)) = self.next(&stop).await {
            let (answers, tls, stop) = (answers.clone(), self.tls.clone(), stop.clone());
            open.spawn(async move {
                let _place = place;
                answer(stream, peer, tls, answers, stop).await;
            });
        }
        drop(self.socket);
        open.close();
        if tokio::time::timeout(drain, open.wait()).await.is_err() {
            tracing::warn!(connections = open.len(), "connections were cut after the time for draining");
        }
    }

    async fn next(&self, stop: &CancellationToken) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let accept = async {
            let place = self.places.clone().acquire_owned().await.ok()?;
            loop {
                match self.socket.accept().await {
                    Ok((stream, peer)) => return Some((stream, peer, place)),
                    Err(error) => rest(&error).await,
                }
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => None,
            accepted = accept => accepted,
        }
    }
}

/// Waits a moment when the machine refuses connections; one that went away by itself is no reason to.
async fn rest(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    if matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        return;
    }
    tracing::error!(error = %error, "a connection could not be accepted");
    #[expect(clippy::disallowed_methods, reason = "nothing tells when a file handle is free again")]
    tokio::time::sleep(REST).await;
}

async fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    answers: impl Answers,
    stop: CancellationToken,
) {
    // Answers are small and complete: waiting to fill a segment only delays them.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return connection::serve(stream, peer, answers, stop).await;
    };
    match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => connection::serve(stream, peer, answers, stop).await,
        Ok(Err(error)) => tracing::debug!(error = %error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}
