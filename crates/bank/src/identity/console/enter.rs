//! The layer that finds out who asks for a page.
//!
//! A cookie of the pages opens the pages of its own side and nothing else, and the API's tokens open none: each is signed
//! for its audience, and staff and customers are told apart by who they are. Whoever is not signed in gets a token for the door's forms, derived from a random cookie.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use database::in_time;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::Secret;

use crate::Bank;
use crate::guard::Principal;
use crate::identity::model::UserKind;
use crate::identity::service::{self, SignedIn, csrf_token};
use crate::identity::visitor;
use crate::web::Problem;
use crate::web::cookies::{self, Readable};
use crate::web::page::{Area, Look, Member, Visit};

const DOOR: &str = "florin_door";

/// How long a form at the door may stay open.
const DOOR_LIFE: Duration = Duration::hours(1);
/// How long the second step may take, as its token says, too.
const SECOND_STEP_LIFE: Duration = Duration::minutes(5);

/// Names the cookie of a session, and that of a sign-in half done.
const fn cookie_names(area: Area) -> (&'static str, &'static str) {
    match area {
        Area::Staff => ("florin_staff", "florin_staff_step"),
        Area::Customer => ("florin_customer", "florin_customer_step"),
    }
}

/// Says who may come in on a side.
pub(super) const fn kind_of(area: Area) -> UserKind {
    match area {
        Area::Staff => UserKind::Staff,
        Area::Customer => UserKind::Customer,
    }
}

/// Leaves a [`Visit`] in the request: of somebody with a session that holds on this side, or of a guest at its door.
///
/// # Errors
/// 503 or 500 when the database cannot say who it is.
pub fn enter<'a>(bank: &'a Bank, request: &'a mut Request, area: Area) -> BoxFuture<'a, Result<(), Problem>> {
    async move {
        let (session, _) = cookie_names(area);
        let (token, nonce) = (cookie(bank, request, session), cookie(bank, request, DOOR));
        let visitor = visitor::read(bank, request.extensions(), request.headers());
        let known = match token {
            Some(token) => in_time(service::member_of(bank, &visitor, (kind_of(area), &token))).await?,
            None => None,
        };
        if let Some((caller, principal)) = known
            && let Some(session_id) = caller.session_id
        {
            request.extensions_mut().insert(caller.clone());
            let member = Some(Arc::new(member(caller, &principal)));
            request.extensions_mut().insert(Visit { form_token: csrf_token(bank, session_id), member });
        } else if let Some(nonce) = nonce {
            request.extensions_mut().insert(Visit { form_token: door_token(bank, &nonce), member: None });
        }
        Ok(())
    }
    .boxed()
}

fn cookie(bank: &Bank, request: &Request, name: &str) -> Option<String> {
    cookies::read(request.headers(), &cookies::full_name(bank, name))
}

fn member(caller: crate::Caller, principal: &Principal) -> Member {
    Member {
        caller,
        name: principal.name.clone(),
        locale: principal.locale.clone(),
        idle: principal.idle.unwrap_or_default(),
        must_enroll: principal.must_enroll,
    }
}

fn door_token(bank: &Bank, nonce: &str) -> String {
    URL_SAFE_NO_PAD.encode(bank.guard.tokens().mac("door", nonce.as_bytes()))
}

/// Opens the door for somebody who has not been there, and returns the look with the token for its forms.
pub(super) fn open_door(bank: &Bank, look: Look, headers: &mut HeaderMap) -> Look {
    if !look.form_token().is_empty() {
        return look;
    }
    let nonce = URL_SAFE_NO_PAD.encode(bank.random.bytes::<24>());
    cookies::set(bank, headers, (DOOR, &nonce), (DOOR_LIFE, Readable::Never));
    look.with_form_token(door_token(bank, &nonce))
}

/// Sets the cookie of a session; what served at the door goes.
pub(super) fn let_in(bank: &Bank, area: Area, signed_in: &SignedIn) -> HeaderMap {
    let (mut headers, (session, step)) = (HeaderMap::new(), cookie_names(area));
    let token = service::console_token(bank, signed_in);
    let life = signed_in.session_expires_at - bank.now();
    cookies::set(bank, &mut headers, (session, token.expose()), (life, Readable::Never));
    cookies::clear(bank, &mut headers, step);
    cookies::clear(bank, &mut headers, DOOR);
    headers
}

/// Takes the cookie of a session that has ended.
pub(super) fn let_out(bank: &Bank, area: Area, headers: &mut HeaderMap) {
    cookies::clear(bank, headers, cookie_names(area).0);
}

/// Keeps the token that goes on to the second step.
pub(super) fn keep_second_step(bank: &Bank, area: Area, token: &Secret<String>) -> HeaderMap {
    let (mut headers, (_, step)) = (HeaderMap::new(), cookie_names(area));
    cookies::set(bank, &mut headers, (step, token.expose()), (SECOND_STEP_LIFE, Readable::Never));
    headers
}

/// Reads the token that goes on to the second step.
pub(super) fn second_step(bank: &Bank, area: Area, headers: &HeaderMap) -> Option<Secret<String>> {
    cookies::read(headers, &cookies::full_name(bank, cookie_names(area).1)).map(Secret::new)
}
