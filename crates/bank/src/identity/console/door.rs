//! Signing in and out.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::enter;
use crate::Bank;
use crate::identity::model::{Delivery, UserKind, Visitor};
use crate::identity::service::{self, FirstStep, SecondStep, SignIn};
use crate::web::Problem;
use crate::web::page::{Forms, Guest, Listing, Look, SIGN_IN, Sent, Staff, safe_next, show};

const CODE: &str = "/admin/sign-in/code";

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(sign_in_page, sign_in))
        .routes(routes!(code_page, finish_sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(keep_session))
}

#[derive(Template)]
#[template(path = "identity/pages/sign_in.html")]
struct SignInPage<'a> {
    look: &'a Look,
    title: &'static str,
    forms: Forms,
    next: &'a str,
}

#[derive(Template)]
#[template(path = "identity/pages/code.html")]
struct CodePage<'a> {
    look: &'a Look,
    title: &'static str,
    forms: Forms,
    next: &'a str,
}

/// Shows the door.
#[utoipa::path(
    get, path = "/admin/sign-in", tag = "door", operation_id = "sign_in_page", responses((status = 200))
)]
async fn sign_in_page(State(bank): State<Bank>, guest: Guest, listing: Listing) -> Result<Response, Problem> {
    let next = safe_next(listing.text("next"));
    if guest.look.member().is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    door(&bank, guest.look, next, Forms::default())
}

fn door(bank: &Bank, look: Look, next: &str, forms: Forms) -> Result<Response, Problem> {
    let mut headers = HeaderMap::new();
    let look = enter::open_door(bank, look, &mut headers);
    let status = forms.status();
    let page = show(&look, status, &SignInPage { look: &look, title: "Sign in", forms, next })?;
    Ok((headers, page).into_response())
}

/// Judges address and password of a member of staff.
#[utoipa::path(
    post, path = "/admin/sign-in", tag = "door", operation_id = "console_sign_in", responses((status = 303))
)]
async fn sign_in(
    State(bank): State<Bank>,
    visitor: Visitor,
    guest: Guest,
    sent: Sent,
) -> Result<Response, Problem> {
    let next = safe_next(sent.text("next")).to_owned();
    let outcome = first_step(&bank, &visitor, &sent).await;
    Ok(match sent.judged("sign-in", outcome)? {
        Ok(SignIn::Done(signed_in)) => {
            (enter::let_in(&bank, &signed_in), Redirect::to(&next)).into_response()
        }
        Ok(SignIn::SecondStep(token)) => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", &next).finish();
            (enter::keep_second_step(&bank, &token), Redirect::to(&format!("{CODE}?{query}"))).into_response()
        }
        Err(forms) => door(&bank, guest.look, &next, forms)?,
    })
}

async fn first_step(bank: &Bank, visitor: &Visitor, sent: &Sent) -> Result<SignIn, Problem> {
    let email = sent.parsed("email")?;
    let (password, only) = (sent.secret("password"), Some(UserKind::Staff));
    let step = FirstStep { email, password, delivery: Delivery::Cookie, only };
    Ok(service::sign_in(bank, visitor, step).await?)
}

/// Asks for the second factor.
#[utoipa::path(
    get, path = "/admin/sign-in/code", tag = "door", operation_id = "code_page", responses((status = 200))
)]
async fn code_page(
    State(bank): State<Bank>,
    guest: Guest,
    listing: Listing,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if enter::second_step(&bank, &headers).is_none() {
        return Ok(Redirect::to(SIGN_IN).into_response());
    }
    ask_for_code(&guest.look, safe_next(listing.text("next")), Forms::default())
}

fn ask_for_code(look: &Look, next: &str, forms: Forms) -> Result<Response, Problem> {
    let status = forms.status();
    show(look, status, &CodePage { look, title: "Second step", forms, next })
}

/// Judges the second factor.
#[utoipa::path(
    post, path = "/admin/sign-in/code", tag = "door", operation_id = "console_finish_sign_in",
    responses((status = 303))
)]
async fn finish_sign_in(
    State(bank): State<Bank>,
    visitor: Visitor,
    guest: Guest,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Problem> {
    let next = safe_next(sent.text("next")).to_owned();
    let Some(token) = enter::second_step(&bank, &headers) else {
        return Ok(Redirect::to(SIGN_IN).into_response());
    };
    let (code, only) = (sent.secret("code"), Some(UserKind::Staff));
    let step = SecondStep { token, code, delivery: Delivery::Cookie, only };
    let outcome = service::second_step(&bank, &visitor, step).await.map_err(Problem::from);
    Ok(match sent.judged("code", outcome)? {
        Ok(signed_in) => (enter::let_in(&bank, &signed_in), Redirect::to(&next)).into_response(),
        Err(forms) => ask_for_code(&guest.look, &next, forms)?,
    })
}

/// Ends the session.
#[utoipa::path(
    post, path = "/admin/sign-out", tag = "door", operation_id = "console_sign_out", responses((status = 303))
)]
async fn sign_out(State(bank): State<Bank>, staff: Staff) -> Result<Response, Problem> {
    service::sign_out(&bank, &staff.caller).await?;
    let mut response = staff.done(SIGN_IN, "You are signed out.");
    enter::let_out(&bank, response.headers_mut());
    Ok(response)
}

/// Says whether the session still holds; asking keeps it from resting.
#[utoipa::path(
    get, path = "/admin/session", tag = "door", operation_id = "keep_session", responses((status = 204))
)]
async fn keep_session(_: Staff) -> axum::http::StatusCode {
    axum::http::StatusCode::NO_CONTENT
}
