//! A receiver of webhooks that remembers what arrived.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::any;
use http::{HeaderMap, StatusCode, Uri};
use url::Url;

/// Holds what arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Clone, Default)]
struct Shelf {
    received: Arc<Mutex<Vec<Received>>>,
    status: Arc<Mutex<Option<StatusCode>>>,
}

/// Receives on a port of loopback until it is dropped.
pub struct Receiver {
    shelf: Shelf,
    address: std::net::SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        let shelf = Shelf::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let routes = Router::new().fallback(any(receive)).with_state(shelf.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.expect("served") });
        Self { shelf, address, serving }
    }

    /// Answers with this from now on.
    pub fn answer(&self, status: StatusCode) {
        *self.shelf.status.lock().unwrap() = Some(status);
    }

    pub fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().expect("an address")
    }

    /// Takes what has arrived.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.shelf.received.lock().unwrap())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn receive(State(shelf): State<Shelf>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    shelf.received.lock().unwrap().push(Received { path: uri.path().to_owned(), headers, body });
    shelf.status.lock().unwrap().unwrap_or(StatusCode::OK)
}
