//! Signing in and out, on either side of the counter.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::enter;
use crate::Bank;
use crate::identity::model::{Delivery, Visitor};
use crate::identity::service::{self, FirstStep, SecondStep, SignIn};
use crate::web::Problem;
use crate::web::page::{Area, Customer, Forms, Guest, Listing, Look, Sent, Staff, show};

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(sign_in_page, sign_in))
        .routes(routes!(code_page, finish_sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(keep_session))
        .routes(routes!(customer_sign_in_page, customer_sign_in))
        .routes(routes!(customer_code_page, finish_customer_sign_in))
        .routes(routes!(customer_sign_out))
}

#[derive(Template)]
#[template(path = "identity/pages/sign_in.html")]
struct SignInPage<'a> {
    look: &'a Look,
    title: &'static str,
    area: Area,
    forms: Forms,
    next: &'a str,
}

#[derive(Template)]
#[template(path = "identity/pages/code.html")]
struct CodePage<'a> {
    look: &'a Look,
    title: &'static str,
    area: Area,
    forms: Forms,
    next: &'a str,
}

/// Shows the door of staff.
#[utoipa::path(
    get, path = "/admin/sign-in", tag = "door", operation_id = "sign_in_page", responses((status = 200))
)]
async fn sign_in_page(State(bank): State<Bank>, guest: Guest, listing: Listing) -> Result<Response, Problem> {
    knock(&bank, (Area::Staff, guest), &listing)
}

/// Shows the door of customers.
#[utoipa::path(
    get, path = "/my/sign-in", tag = "own", operation_id = "customer_sign_in_page", responses((status = 200))
)]
async fn customer_sign_in_page(
    State(bank): State<Bank>,
    guest: Guest,
    listing: Listing,
) -> Result<Response, Problem> {
    knock(&bank, (Area::Customer, guest), &listing)
}

fn knock(bank: &Bank, (area, guest): (Area, Guest), listing: &Listing) -> Result<Response, Problem> {
    let next = area.safe_next(listing.text("next"));
    if guest.look.member().is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    door(bank, (area, guest.look), next, Forms::default())
}

fn door(bank: &Bank, (area, look): (Area, Look), next: &str, forms: Forms) -> Result<Response, Problem> {
    let mut headers = HeaderMap::new();
    let look = enter::open_door(bank, look, &mut headers);
    let status = forms.status();
    let page = show(&look, status, &SignInPage { look: &look, title: "Sign in", area, forms, next })?;
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
    judge(&bank, &visitor, (Area::Staff, guest), sent).await
}

/// Judges address and password of a customer.
#[utoipa::path(
    post, path = "/my/sign-in", tag = "own", operation_id = "customer_sign_in", responses((status = 303))
)]
async fn customer_sign_in(
    State(bank): State<Bank>,
    visitor: Visitor,
    guest: Guest,
    sent: Sent,
) -> Result<Response, Problem> {
    judge(&bank, &visitor, (Area::Customer, guest), sent).await
}

async fn judge(
    bank: &Bank,
    visitor: &Visitor,
    (area, guest): (Area, Guest),
    sent: Sent,
) -> Result<Response, Problem> {
    let next = area.safe_next(sent.text("next")).to_owned();
    let outcome = first_step(bank, visitor, (area, &sent)).await;
    Ok(match sent.judged("sign-in", outcome)? {
        Ok(SignIn::Done(signed_in)) => {
            (enter::let_in(bank, area, &signed_in), Redirect::to(&next)).into_response()
        }
        Ok(SignIn::SecondStep(token)) => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", &next).finish();
            let to = format!("{}?{query}", area.second_step());
            (enter::keep_second_step(bank, area, &token), Redirect::to(&to)).into_response()
        }
        Err(forms) => door(bank, (area, guest.look), &next, forms)?,
    })
}

async fn first_step(bank: &Bank, visitor: &Visitor, (area, sent): (Area, &Sent)) -> Result<SignIn, Problem> {
    let email = sent.parsed("email")?;
    let (password, only) = (sent.secret("password"), Some(enter::kind_of(area)));
    let step = FirstStep { email, password, delivery: Delivery::Cookie, only };
    Ok(service::sign_in(bank, visitor, step).await?)
}

/// Asks staff for the second factor.
#[utoipa::path(
    get, path = "/admin/sign-in/code", tag = "door", operation_id = "code_page", responses((status = 200))
)]
async fn code_page(
    State(bank): State<Bank>,
    guest: Guest,
    listing: Listing,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    second_door(&bank, (Area::Staff, &guest.look), &listing, &headers)
}

/// Asks a customer for the second factor.
#[utoipa::path(
    get, path = "/my/sign-in/code", tag = "own", operation_id = "customer_code_page", responses((status = 200))
)]
async fn customer_code_page(
    State(bank): State<Bank>,
    guest: Guest,
    listing: Listing,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    second_door(&bank, (Area::Customer, &guest.look), &listing, &headers)
}

fn second_door(
    bank: &Bank,
    (area, look): (Area, &Look),
    listing: &Listing,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    if enter::second_step(bank, area, headers).is_none() {
        return Ok(Redirect::to(area.sign_in()).into_response());
    }
    ask_for_code((area, look), area.safe_next(listing.text("next")), Forms::default())
}

fn ask_for_code((area, look): (Area, &Look), next: &str, forms: Forms) -> Result<Response, Problem> {
    let status = forms.status();
    show(look, status, &CodePage { look, title: "Second step", area, forms, next })
}

/// Judges the second factor of staff.
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
    finish(&bank, &visitor, (Area::Staff, &guest.look), (&headers, sent)).await
}

/// Judges the second factor of a customer.
#[utoipa::path(
    post, path = "/my/sign-in/code", tag = "own", operation_id = "finish_customer_sign_in",
    responses((status = 303))
)]
async fn finish_customer_sign_in(
    State(bank): State<Bank>,
    visitor: Visitor,
    guest: Guest,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Problem> {
    finish(&bank, &visitor, (Area::Customer, &guest.look), (&headers, sent)).await
}

async fn finish(
    bank: &Bank,
    visitor: &Visitor,
    (area, look): (Area, &Look),
    (headers, sent): (&HeaderMap, Sent),
) -> Result<Response, Problem> {
    let next = area.safe_next(sent.text("next")).to_owned();
    let Some(token) = enter::second_step(bank, area, headers) else {
        return Ok(Redirect::to(area.sign_in()).into_response());
    };
    let (code, only) = (sent.secret("code"), Some(enter::kind_of(area)));
    let step = SecondStep { token, code, delivery: Delivery::Cookie, only };
    let outcome = service::second_step(bank, visitor, step).await.map_err(Problem::from);
    Ok(match sent.judged("code", outcome)? {
        Ok(signed_in) => (enter::let_in(bank, area, &signed_in), Redirect::to(&next)).into_response(),
        Err(forms) => ask_for_code((area, look), &next, forms)?,
    })
}

/// Ends the session of a member of staff.
#[utoipa::path(
    post, path = "/admin/sign-out", tag = "door", operation_id = "console_sign_out", responses((status = 303))
)]
async fn sign_out(State(bank): State<Bank>, staff: Staff) -> Result<Response, Problem> {
    service::sign_out(&bank, &staff.caller).await?;
    let mut response = staff.done(Area::Staff.sign_in(), "You are signed out.");
    enter::let_out(&bank, Area::Staff, response.headers_mut());
    Ok(response)
}

/// Ends the session of a customer.
#[utoipa::path(
    post, path = "/my/sign-out", tag = "own", operation_id = "customer_sign_out", responses((status = 303))
)]
async fn customer_sign_out(State(bank): State<Bank>, customer: Customer) -> Result<Response, Problem> {
    service::sign_out(&bank, &customer.caller).await?;
    let mut response = customer.done(Area::Customer.sign_in(), "You are signed out.");
    enter::let_out(&bank, Area::Customer, response.headers_mut());
    Ok(response)
}

/// Says whether the session still holds; asking keeps it from resting.
#[utoipa::path(
    get, path = "/admin/session", tag = "door", operation_id = "keep_session", responses((status = 204))
)]
async fn keep_session(_: Staff) -> StatusCode {
    StatusCode::NO_CONTENT
}
