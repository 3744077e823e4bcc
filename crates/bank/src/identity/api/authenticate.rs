//! The layer that finds out who asks.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use database::in_time;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::cookies;
use crate::identity::{service, visitor};
use crate::web::Problem;
use crate::{Bank, Caller};

/// What a request shows to say who it is.
enum Shown {
    Nothing,
    Bearer(String),
    Cookie(String),
}

/// Leaves a [`Caller`] in the request when it shows a token or a key that holds.
///
/// Everything else leaves none, and the route answers 401 with a body that never says why. A write with a
/// cookie needs the session's `X-CSRF-Token` beside it; without, the route answers 403.
///
/// # Errors
/// 503 or 500 when the database cannot say who it is.
pub fn authenticate<'a>(bank: &'a Bank, request: &'a mut Request) -> BoxFuture<'a, Result<(), Problem>> {
    async move {
        let shown = shown(bank, request.headers());
        let (token, by_cookie) = match &shown {
            Shown::Nothing => return Ok(()),
            Shown::Bearer(token) => (token, false),
            Shown::Cookie(token) => (token, true),
        };
        let visitor = visitor::read(bank, request.extensions(), request.headers());
        // The limit on a request's work begins later: it is for those who are known.
        match in_time(service::caller_of(bank, &visitor, token)).await? {
            Some(caller) if by_cookie && !may_write(bank, request, &caller) => {
                request.extensions_mut().insert(missing_csrf_token());
            }
            Some(caller) => {
                request.extensions_mut().insert(caller);
            }
            None => {}
        }
        Ok(())
    }
    .boxed()
}

/// Takes the one `Authorization` header, or else the session's cookie; two headers show nothing.
fn shown(bank: &Bank, headers: &HeaderMap) -> Shown {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let (first, second) = (lines.next(), lines.next());
    if second.is_some() {
        return Shown::Nothing;
    }
    if let Some(line) = first {
        let bearer = line.to_str().ok().and_then(|line| line.split_once(' '));
        let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        return bearer.map_or(Shown::Nothing, |(_, token)| Shown::Bearer(token.trim().to_owned()));
    }
    // A key is never taken from a cookie: it would be sent by every page that the browser visits.
    let cookie = cookies::session(bank, headers);
    let cookie = cookie.filter(|token| !token.starts_with(service::KEY_PREFIX));
    cookie.map_or(Shown::Nothing, Shown::Cookie)
}

fn may_write(bank: &Bank, request: &Request, caller: &Caller) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    let sent = request.headers().get(cookies::CSRF_HEADER).and_then(|value| value.to_str().ok());
    match (sent, caller.session_id) {
        (Some(sent), Some(session_id)) => service::is_csrf_token(bank, session_id, sent),
        _ => false,
    }
}

fn missing_csrf_token() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "csrf_token_required",
        "A write with cookies needs the session's token in X-CSRF-Token",
    )
}
