//! What a form sent, and how it comes back when it was refused.

use std::fmt::{Display, Write as _};
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use chrono::NaiveDate;
use kernel::{Currency, Money, Secret};

use super::{Format, parse_day};
use crate::web::{Problem, RawBody};

/// Holds the fields that a form sent. [`guard`](super::guard) has seen its token.
#[derive(Clone, Debug, Default)]
pub struct Sent(Vec<(String, String)>);

/// Holds the forms of a page: all as they are at first, or one as it was sent and refused.
#[derive(Clone, Debug, Default)]
pub struct Forms(Option<Refused>);

#[derive(Clone, Debug)]
struct Refused {
    name: &'static str,
    fields: Sent,
    /// None for a form that was not refused but comes back to be changed.
    problem: Option<Problem>,
}

impl<S: Send + Sync> FromRequestParts<S> for Sent {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let kind = parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
        if !kind.starts_with(b"application/x-www-form-urlencoded") {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(status, "unsupported_media_type", "Send a form"));
        }
        let body = parts.extensions.get::<RawBody>();
        Ok(Self::read(body.map_or(&[], |RawBody(bytes)| bytes)))
    }
}

impl Sent {
    pub(super) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// Returns a field's text without white space around, empty when it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.first(name).trim()
    }

    /// Returns every value of a field: of a group of checkboxes.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Returns a field as it was typed, not to be printed.
    pub fn secret(&self, name: &str) -> Secret<String> {
        Secret::new(self.first(name).to_owned())
    }

    fn first(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// Reads a field.
    ///
    /// # Errors
    /// 422 naming the field.
    pub fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, Problem> {
        let refused = |error: T::Err| Problem::invalid_field(format!("/{name}"), error.to_string());
        self.text(name).parse().map_err(refused)
    }

    /// Reads a field that may be left blank.
    ///
    /// # Errors
    /// 422 naming the field.
    pub fn optional<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, Problem> {
        if self.text(name).is_empty() { Ok(None) } else { self.parsed(name).map(Some) }
    }

    /// Reads an amount as people of that language type it.
    ///
    /// # Errors
    /// 422 naming the field, with an example.
    pub fn amount(&self, name: &str, format: Format, currency: Currency) -> Result<Money, Problem> {
        let read = format.parse_amount(self.text(name), currency);
        read.map_err(|error| Problem::invalid_field(format!("/{name}"), error.to_string()))
    }

    /// Reads a day that may be left blank.
    ///
    /// # Errors
    /// 422 naming the field, with an example.
    pub fn day(&self, name: &str) -> Result<Option<NaiveDate>, Problem> {
        let text = Some(self.text(name)).filter(|text| !text.is_empty());
        let refused = |error| Problem::invalid_field(format!("/{name}"), format!("{error}"));
        text.map(parse_day).transpose().map_err(|error: super::DayError| refused(error))
    }

    /// Shows the form called `name` again as it was sent, so that it can be changed.
    pub fn kept(self, name: &'static str) -> Forms {
        Forms(Some(Refused { name, fields: self, problem: None }))
    }

    /// Sorts what came of the form called `name`: done, to be shown again with what was typed, or a page of
    /// its own, since showing the form again would help nobody.
    ///
    /// # Errors
    /// The problem that is no matter of the form: not allowed, not there, our mistake.
    pub fn judged<T>(
        self,
        name: &'static str,
        outcome: Result<T, Problem>,
    ) -> Result<Result<T, Forms>, Problem> {
        match outcome {
            Ok(done) => Ok(Ok(done)),
            Err(problem) if is_page_of_its_own(&problem) => Err(problem),
            Err(problem) => Ok(Err(Forms(Some(Refused { name, fields: self, problem: Some(problem) })))),
        }
    }
}

fn is_page_of_its_own(problem: &Problem) -> bool {
    matches!(problem.code(), "forbidden" | "not_found" | "unauthenticated" | "internal_error")
}

impl Forms {
    /// Says whether the form called `name` was refused, and so stands open.
    pub fn is_open(&self, name: &str) -> bool {
        self.refused(name).is_some()
    }

    /// Returns what was typed into a field of a refused form.
    pub fn value(&self, name: &str, field: &str) -> &str {
        self.refused(name).map_or("", |refused| refused.fields.text(field))
    }

    /// Says whether a choice was taken in a refused form; in one that nobody sent, whether it is the first.
    pub fn is_chosen(&self, name: &str, field: &str, choice: &str, first: &str) -> bool {
        match self.refused(name) {
            Some(refused) => refused.fields.all(field).any(|value| value == choice),
            None => choice == first,
        }
    }

    /// Returns what is wrong with a field of a refused form, as a sentence begins.
    pub fn error(&self, name: &str, field: &str) -> Option<String> {
        let errors = self.refused(name)?.problem.as_ref()?.errors();
        let error = errors.iter().find(|error| error.pointer.trim_start_matches('/') == field)?;
        Some(capitalized(&error.detail))
    }

    /// Returns why a form was refused, in one or two sentences; nothing of a conflict.
    pub fn message(&self, name: &str) -> Option<String> {
        self.refused(name).filter(|refused| !refused.is_conflict()).and_then(Refused::message)
    }

    /// Returns what contradicts a form: things have changed since the page was made, and the form may be no longer
    /// on it. So the message stands at the page's top.
    pub fn conflict(&self) -> Option<String> {
        self.0.as_ref().filter(|refused| refused.is_conflict()).and_then(Refused::message)
    }

    /// Returns the status of a page with these forms.
    pub fn status(&self) -> StatusCode {
        let problem = self.0.as_ref().and_then(|refused| refused.problem.as_ref());
        problem.map_or(StatusCode::OK, Problem::status)
    }

    fn refused(&self, name: &str) -> Option<&Refused> {
        self.0.as_ref().filter(|refused| refused.name == name)
    }
}

impl Refused {
    fn is_conflict(&self) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.status() == StatusCode::CONFLICT)
    }

    fn message(&self) -> Option<String> {
        let problem = self.problem.as_ref()?;
        let mut message = format!("{}.", problem.title());
        if let Some(detail) = problem.explanation() {
            let _ = write!(message, " {}.", capitalized(detail));
        }
        if let Some(seconds) = problem.retry_after_seconds() {
            let _ = write!(message, " Try again in {seconds} seconds.");
        }
        Some(message)
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_form_keeps_what_was_typed_and_says_what_is_wrong() {
        let sent = Sent::read(b"reason=+%3Cb%3E+&roles=a&roles=b");
        assert_eq!(sent.text("reason"), "<b>");
        assert_eq!(sent.all("roles").collect::<Vec<_>>(), ["a", "b"]);
        let wrong: Result<(), _> = Err(Problem::invalid_field("/reason", "too short"));
        let forms = sent.judged("suspend", wrong).expect("a form again").expect_err("refused");
        assert!(forms.is_open("suspend") && !forms.is_open("reinstate"));
        assert_eq!(forms.value("suspend", "reason"), "<b>");
        assert_eq!(forms.error("suspend", "reason").as_deref(), Some("Too short"));
        assert_eq!(forms.error("suspend", "other"), None);
        assert_eq!(forms.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            forms.is_chosen("suspend", "roles", "b", "c") && !forms.is_chosen("suspend", "roles", "c", "c")
        );
        assert!(Forms::default().is_chosen("suspend", "roles", "c", "c"));
    }

    #[test]
    fn a_form_that_comes_back_to_be_changed_was_not_refused() {
        let forms = Sent::read(b"amount=1%2C250.00").kept("cash");
        assert_eq!((forms.value("cash", "amount"), forms.status()), ("1,250.00", StatusCode::OK));
        assert!(
            forms.is_open("cash")
                && forms.message("cash").is_none()
                && forms.error("cash", "amount").is_none()
        );
    }

    #[test]
    fn a_conflict_is_told_on_the_page_since_its_form_may_be_gone() {
        let conflict: Result<(), _> = Err(Problem::conflict("wrong_status", "It is done already"));
        let forms = Sent::default().judged("suspend", conflict).expect("a form again").expect_err("refused");
        assert_eq!(forms.message("suspend"), None);
        assert_eq!(forms.conflict().as_deref(), Some("It is done already."));
    }

    #[test]
    fn what_is_no_matter_of_the_form_is_a_page_of_its_own() {
        for problem in [Problem::forbidden(), Problem::not_found(), Problem::unauthenticated()] {
            let outcome: Result<(), _> = Err(problem);
            assert!(Sent::default().judged("suspend", outcome).is_err());
        }
    }
}
