//! What happens to every request on its way in and to every response on its way out.
//!
//! From the outside in: [`edge`] (who connects, request id, span, metrics, headers) → compression → CORS → [`gate`]
//! (problems get their request id, a panic is caught, the caller is authenticated by identity, rate, body limit,
//! time-outs) → the handler. Two layers of ours, since each clones all that lies within it for every request.

mod address;
pub mod cors;
pub mod headers;
mod intake;
pub mod observe;
pub mod rate;
mod render;
mod route;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use kernel::RequestId;
use tracing::Instrument;

use super::page::{self, Look};
use super::{Authenticate, Limits};
use crate::Bank;

pub use address::ClientAddress;
pub use intake::RawBody;
pub use route::Route;

/// Names, observes and dresses what passes: the outermost layer.
pub async fn edge(State(bank): State<Bank>, mut request: Request, next: Next) -> Response {
    address::find(&bank, &mut request);
    let observation = observe::Observation::begin(&bank, &mut request);
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).instrument(observation.span.clone()).await;
    headers::secure(&bank, is_api, &mut response);
    observation.end(&mut response);
    response
}

/// Holds what decides whether a request comes through.
#[derive(Debug)]
pub struct Gate {
    /// The bank.
    pub bank: Bank,
    /// Who is counted.
    pub counters: rate::Counters,
    /// What one request may cost.
    pub limits: Limits,
    /// Finds out who asks.
    pub authenticate: Authenticate,
}

/// Lets through who may come in, in the bounds of one request: the innermost layer.
///
/// What is refused here or further in becomes a problem document, or a page where a page was asked for.
pub async fn gate(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().copied();
    let known = AssertUnwindSafe((gate.authenticate)(&gate.bank, &mut request)).catch_unwind().await;
    let (parts, body) = request.into_parts();
    let look = page::Area::of(parts.uri.path()).is_some().then(|| Look::read(&gate.bank, &parts));
    let request = Request::from_parts(parts, body);
    let passed = match known {
        Ok(Ok(())) => AssertUnwindSafe(pass(&gate, request, next)).catch_unwind().await,
        Ok(Err(problem)) => Ok(problem.into_response()),
        Err(panic) => Err(panic),
    };
    render::render(id, look.as_ref(), passed.unwrap_or_else(|_| render::panicked()))
}

async fn pass(gate: &Gate, request: Request, next: Next) -> Response {
    let standing = match rate::limit(&gate.counters, &request) {
        Ok(standing) => standing,
        Err(refusal) => return *refusal,
    };
    let mut response = intake::bounded(gate.limits, request, next).await;
    if let Some(standing) = standing {
        standing.write(&mut response);
    }
    response
}
