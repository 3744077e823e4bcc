//! A problem as a page: what happened, what to do now, and the request's id.

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::{Area, Look, show};
use crate::web::Problem;

#[derive(Template)]
#[template(path = "web/page/refusal.html")]
struct FramedRefusal<'a> {
    look: &'a Look,
    title: &'a str,
    refusal: Refusal<'a>,
}

#[derive(Template)]
#[template(path = "web/page/refusal_customer.html")]
struct CustomerRefusal<'a> {
    look: &'a Look,
    title: &'a str,
    refusal: Refusal<'a>,
}

#[derive(Template)]
#[template(path = "web/page/refusal_plain.html")]
struct PlainRefusal<'a> {
    look: &'a Look,
    title: &'a str,
    refusal: Refusal<'a>,
}

/// Holds what the page says.
struct Refusal<'a> {
    status: u16,
    detail: Option<&'a str>,
    advice: &'static str,
    href: &'static str,
    way_on: &'static str,
}

/// Renders a problem as a page, in the frame where somebody is signed in.
pub fn answer(look: &Look, problem: &Problem) -> Response {
    let title = problem.title();
    let area = Area::of(look.path()).unwrap_or(Area::Staff);
    let refusal = Refusal::of(area, problem);
    let page = match (look.member(), area) {
        (Some(_), Area::Staff) => show(look, problem.status(), &FramedRefusal { look, title, refusal }),
        (Some(_), Area::Customer) => show(look, problem.status(), &CustomerRefusal { look, title, refusal }),
        (None, _) => show(look, problem.status(), &PlainRefusal { look, title, refusal }),
    };
    let mut response = page.unwrap_or_else(IntoResponse::into_response);
    if let Some(seconds) = problem.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

impl<'a> Refusal<'a> {
    fn of(area: Area, problem: &'a Problem) -> Self {
        let status = problem.status().as_u16();
        let advice = match status {
            403 | 404 if area == Area::Customer => {
                "The link may be old, or it leads to something that is not yours."
            }
            401 => "Your session has ended. Sign in again; your browser's back button keeps what you typed.",
            403 => "Your role does not include this. An administrator can change roles.",
            404 => "The link may be old, or it names something else. The search finds people and accounts.",
            429 => "Too much came at once from here. Wait a moment, then try again.",
            500..=599 => {
                "Look at what you were changing before you try again. If it goes on, quote the request below."
            }
            _ => "Go back, correct what the message names, and send it again.",
        };
        let (href, way_on) =
            if status == 401 { (area.sign_in(), "Sign in") } else { (area.home(), "Go home") };
        Self { status, detail: problem.explanation(), advice, href, way_on }
    }
}
