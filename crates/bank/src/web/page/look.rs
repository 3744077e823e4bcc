//! What every page needs to know about the request that it answers.

use std::sync::Arc;

use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::RequestId;

use super::navigation::{self, Group};
use super::theme::Theme;
use super::{Format, Language, Member, Visit, flash};
use crate::web::assets::{ASSETS, Assets};
use crate::{Bank, Permission};

/// Says how a page looks to whoever asks: the frame's inputs, and how amounts and dates are written.
#[derive(Clone, Debug)]
pub struct Look {
    bank: Bank,
    theme: Theme,
    path: String,
    query: String,
    flash: Option<String>,
    form_token: String,
    member: Option<Arc<Member>>,
    request_id: Option<RequestId>,
    is_partial: bool,
}

impl Look {
    /// Reads the request; `Visit` was left by identity.
    pub fn read(bank: &Bank, parts: &Parts) -> Self {
        let visit = parts.extensions.get::<Visit>();
        Self {
            bank: bank.clone(),
            theme: Theme::of(bank, &parts.headers),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            flash: flash::read(bank, &parts.headers),
            form_token: visit.map(|visit| visit.form_token.clone()).unwrap_or_default(),
            member: visit.and_then(|visit| visit.member.clone()),
            request_id: parts.extensions.get().copied(),
            is_partial: parts.headers.contains_key("hx-request"),
        }
    }

    /// Returns the same look with another form token: of a door that was opened just now.
    #[must_use]
    pub fn with_form_token(mut self, token: String) -> Self {
        self.form_token = token;
        self
    }

    /// Returns the bank.
    pub fn bank(&self) -> &Bank {
        &self.bank
    }

    /// Returns the bank's name.
    pub fn bank_name(&self) -> &str {
        &self.bank.settings.bank_name
    }

    /// Says whether this bank is a sandbox, whose money is not real.
    pub fn is_sandbox(&self) -> bool {
        !self.bank.settings.is_production()
    }

    /// Returns what is sent back with every form.
    pub fn form_token(&self) -> &str {
        &self.form_token
    }

    /// Makes a key for a form that must count once, however often it is sent.
    pub fn fresh_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bank.random.bytes::<18>())
    }

    /// Returns who is signed in.
    pub fn member(&self) -> Option<&Member> {
        self.member.as_deref()
    }

    /// Returns the first letters of the first and the last name.
    pub fn initials(&self) -> String {
        let name = self.member().map_or("", |member| member.name.as_str());
        let mut words = name.split_whitespace();
        let (first, last) = (words.next(), words.next_back());
        first.into_iter().chain(last).filter_map(|word| word.chars().next()).collect()
    }

    /// Says whether whoever is signed in may do something: shows or hides, and never decides.
    pub fn may(&self, permission: Permission) -> bool {
        self.member().is_some_and(|member| member.caller.may(permission))
    }

    /// Returns after how many seconds without a request the session ends; 0 when nobody is signed in.
    pub fn idle_seconds(&self) -> i64 {
        self.member().map_or(0, |member| member.idle.num_seconds())
    }

    /// Returns the message of the form before.
    pub fn flash(&self) -> Option<&str> {
        self.flash.as_deref()
    }

    /// Returns the path and the query, to come back to.
    pub fn here(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    /// Returns the path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the request, to be quoted to whoever operates the bank.
    pub fn request_id(&self) -> Option<RequestId> {
        self.request_id
    }

    /// Returns the theme's name.
    pub fn theme(&self) -> &'static str {
        self.theme.as_str()
    }

    /// Lists the themes to choose from.
    pub fn themes(&self) -> [&'static str; 3] {
        Theme::ALL.map(Theme::as_str)
    }

    /// Returns where the stylesheet and the scripts are.
    pub fn assets(&self) -> &'static Assets {
        &ASSETS
    }

    /// Returns the navigation of whoever is signed in.
    pub fn navigation(&self) -> Vec<Group> {
        navigation::of(self)
    }

    /// Says whether only a part of the page is wanted: htmx asks.
    pub fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Returns how amounts and dates are written.
    pub fn format(&self) -> Format {
        Format {
            language: Language::of(self.member().and_then(|member| member.locale.as_deref())),
            zone: self.bank.settings.business_timezone,
            now: self.bank.now(),
        }
    }
}
