//! One connection to the server, kept open between requests.

use anyhow::Context as _;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Holds a connection.
pub(super) struct Connection {
    address: String,
    sender: SendRequest<Body>,
}

/// Describes a request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    /// The value of `Authorization`; none for signing in.
    pub(super) authorization: Option<String>,
    /// The value of `Idempotency-Key`, where money moves.
    pub(super) key: Option<String>,
    /// JSON; empty for none.
    pub(super) body: String,
}

impl Connection {
    /// Connects to `host:port`.
    pub(super) async fn open(address: &str) -> anyhow::Result<Self> {
        let stream =
            TcpStream::connect(address).await.with_context(|| format!("{address} does not answer"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { address: address.to_owned(), sender })
    }

    /// Sends a request and reads the whole answer; connects again when the server closed the connection.
    pub(super) async fn send(&mut self, call: Call) -> anyhow::Result<(StatusCode, Bytes)> {
        if self.sender.ready().await.is_err() {
            *self = Self::open(&self.address).await?;
        }
        let mut request = Request::builder().method(call.method).uri(call.path);
        request = request.header(header::HOST, &self.address);
        if let Some(value) = call.authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        if let Some(key) = call.key {
            request = request.header("idempotency-key", key);
        }
        if !call.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let answer = self.sender.send_request(request.body(Body::from(call.body))?).await?;
        let status = answer.status();
        let body = axum::body::to_bytes(Body::new(answer.into_body()), usize::MAX).await?;
        Ok((status, body))
    }
}
