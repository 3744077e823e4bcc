//! Who asks for a page: somebody signed in, or a guest at the door.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use super::{Area, Contributions, ENROLL, Forms, Look, flash, show};
use crate::web::Problem;
use crate::{Bank, Caller};

/// Stands for a member of staff signed in at the console.
#[derive(Clone, Debug)]
pub struct Staff {
    /// Who asks, for the services.
    pub caller: Caller,
    /// How pages look to them.
    pub look: Look,
    /// What other slices show.
    pub contributions: &'static Contributions,
}

/// Stands for whoever asks for a page that needs nobody signed in.
#[derive(Clone, Debug)]
pub struct Guest {
    /// How pages look to them.
    pub look: Look,
}

impl FromRequestParts<Bank> for Guest {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, bank: &Bank) -> Result<Self, Self::Rejection> {
        Ok(Self { look: Look::read(bank, parts) })
    }
}

impl FromRequestParts<Bank> for Staff {
    type Rejection = Response;

    /// Leads to the door, or to the second factor that is still missing.
    async fn from_request_parts(parts: &mut Parts, bank: &Bank) -> Result<Self, Response> {
        let look = Look::read(bank, parts);
        let Some(member) = look.member().filter(|member| member.caller.is_staff()) else {
            return Err(turned_away(parts, &look, (Area::Staff, Problem::unauthenticated())));
        };
        if member.must_enroll && !look.path().starts_with("/admin/me") && look.path() != "/admin/sign-out" {
            return Err(led_to(parts, ENROLL, Problem::forbidden()));
        }
        let lent = parts.extensions.get::<&'static Contributions>().copied();
        let contributions = lent.unwrap_or(&Contributions::NONE);
        Ok(Self { caller: member.caller.clone(), look, contributions })
    }
}

/// Leads to the door of a side, and back afterwards.
pub(super) fn turned_away(parts: &Parts, look: &Look, (area, problem): (Area, Problem)) -> Response {
    if look.path() == area.home() {
        return led_to(parts, area.sign_in(), problem);
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", &look.here()).finish();
    led_to(parts, &format!("{}?{query}", area.sign_in()), problem)
}

/// Leads a page elsewhere. A form is not led away, for what was typed would be lost: it is told what is wrong.
fn led_to(parts: &Parts, to: &str, problem: Problem) -> Response {
    if parts.headers.contains_key("hx-request") {
        // A redirect would be followed behind the page's back; this leads the whole page away.
        let to = HeaderValue::try_from(to).unwrap_or(HeaderValue::from_static("/"));
        return (StatusCode::UNAUTHORIZED, [(HeaderName::from_static("hx-redirect"), to)], " ")
            .into_response();
    }
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Redirect::to(to).into_response();
    }
    problem.into_response()
}

/// Leads on after a form that worked, with a message for the next page.
pub(super) fn done(look: &Look, to: &str, message: &str) -> Response {
    let mut headers = HeaderMap::new();
    flash::leave(look.bank(), &mut headers, message);
    (headers, Redirect::to(to)).into_response()
}

impl Staff {
    /// Answers with a page.
    ///
    /// # Errors
    /// 500 when the template fails, which none of ours can.
    pub fn show(&self, page: &impl askama::Template) -> Result<Response, Problem> {
        show(&self.look, StatusCode::OK, page)
    }

    /// Answers with a page on which a form may have been refused.
    ///
    /// # Errors
    /// 500 when the template fails, which none of ours can.
    pub fn show_with(&self, forms: &Forms, page: &impl askama::Template) -> Result<Response, Problem> {
        show(&self.look, forms.status(), page)
    }

    /// Leads on after a form that worked, with a message for the next page. No personal data in it.
    pub fn done(&self, to: &str, message: &str) -> Response {
        done(&self.look, to, message)
    }
}
