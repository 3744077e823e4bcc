//! Whether the process lives and whether it can serve.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Problem;
use crate::Bank;

/// Answers as long as the process can answer at all.
pub(super) async fn live() -> Response {
    text("alive\n")
}

/// Answers when the database is reachable and its schema is current; 503 until then.
pub(super) async fn ready(State(bank): State<Bank>) -> Result<Response, Problem> {
    match bank.db.pending_migrations().await {
        Ok(pending) if pending.is_empty() => Ok(text("ready\n")),
        Ok(pending) => {
            tracing::warn!(pending = pending.len(), "not ready: migrations are missing");
            Err(Problem::unavailable(5).detail("migrations are missing"))
        }
        Err(error) => {
            tracing::warn!(error = %error, "not ready: the database cannot be reached");
            Err(Problem::unavailable(5).detail("the database cannot be reached"))
        }
    }
}

fn text(body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}
