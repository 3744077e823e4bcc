//! No forged forms: what changes something carries the token of its session.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kernel::Secret;

use super::{Contributions, Sent, Visit};
use crate::web::{Problem, RawBody};

/// The hidden field of every form that carries the token.
pub const TOKEN_FIELD: &str = "csrf";

/// Refuses writes without the token of the session, or of the door where nobody is signed in; lends the pages
/// what other slices show on them.
///
/// The token is derived from the session, so it lives and dies with it. Browsers also say whether a request
/// comes from our own pages (`Sec-Fetch-Site`); one that says otherwise is refused whatever it carries.
pub async fn guard(
    State(contributions): State<&'static Contributions>,
    mut request: Request,
    next: Next,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD)
        && let Err(problem) = judge(&request)
    {
        return problem.into_response();
    }
    request.extensions_mut().insert(contributions);
    next.run(request).await
}

fn judge(request: &Request) -> Result<(), Problem> {
    let visit = request.extensions().get::<Visit>().ok_or_else(Problem::unauthenticated)?;
    let body = request.extensions().get::<RawBody>();
    let sent = Sent::read(body.map_or(&[], |RawBody(bytes)| bytes));
    let shown = sent.secret(TOKEN_FIELD);
    if is_foreign(request.headers()) || Secret::new(visit.form_token.clone()) != shown {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "csrf_token_required",
            "This form does not belong to your session; go back, reload the page and send it again",
        ));
    }
    Ok(())
}

fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}
