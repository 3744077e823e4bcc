//! Who asks for a customer's page.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

use super::staff::{done, turned_away};
use super::{Area, Forms, Look, show};
use crate::web::Problem;
use crate::{Bank, Caller};

/// Stands for a customer signed in at their own pages.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Who asks, for the services.
    pub caller: Caller,
    /// How pages look to them.
    pub look: Look,
}

impl FromRequestParts<Bank> for Customer {
    type Rejection = Response;

    /// Leads to the door.
    async fn from_request_parts(parts: &mut Parts, bank: &Bank) -> Result<Self, Response> {
        let look = Look::read(bank, parts);
        let member = look.member().filter(|member| !member.caller.is_staff());
        match member.map(|member| member.caller.clone()) {
            Some(caller) => Ok(Self { caller, look }),
            None => Err(turned_away(parts, &look, (Area::Customer, Problem::unauthenticated()))),
        }
    }
}

impl Customer {
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
