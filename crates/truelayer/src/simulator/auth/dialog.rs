//! The pages: choose a bank, sign in, choose accounts, consent.

use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};

use super::grant::{Outcome, Return, complete};
use super::link::{LinkQuery, address, open};
use crate::simulator::mock_user::MockUser;
use crate::simulator::pages::{self, Choice};
use crate::simulator::provider::FakeBank;
use crate::simulator::shared::{Handle, Shared};

/// Follows a link.
pub(super) async fn begin(State(shared): State<Handle>, Query(query): Query<LinkQuery>) -> Response {
    match open(&shared, &query) {
        Ok(session) => see_other(address(&shared, &session).as_str()),
        Err(message) => pages::failure(StatusCode::BAD_REQUEST, message),
    }
}

/// Shows the step that a visit is at.
pub(super) async fn show(State(shared): State<Handle>, Path(id): Path<String>) -> Response {
    step(&shared, &id, None)
}

/// Takes the answer to a step; a form may name several accounts.
pub(super) async fn answer(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
    match field("action") {
        "choose" => choose(&shared, &id, field("bank")),
        "sign_in" => sign_in(&shared, &id, field("username"), field("password")),
        "allow" => {
            let accounts = fields.iter().filter(|(key, _)| key == "account").map(|(_, value)| value.clone());
            let chosen: Vec<String> = accounts.collect();
            if chosen.is_empty() {
                return step(&shared, &id, Some("Choose at least one account."));
            }
            finish(&shared, &id, Outcome::Granted(Some(chosen)))
        }
        "cancel" => finish(&shared, &id, Outcome::Cancelled),
        _ => pages::failure(StatusCode::BAD_REQUEST, "This form says nothing."),
    }
}

fn choose(shared: &Shared, id: &str, bank: &str) -> Response {
    let mut world = shared.world();
    let Some(session) = world.sessions.get_mut(id) else { return gone() };
    session.bank = session.banks.iter().copied().find(|offered| offered.id == bank);
    see_other(address(shared, id).as_str())
}

fn sign_in(shared: &Shared, id: &str, username: &str, password: &str) -> Response {
    let user = MockUser::sign_in(username, password);
    let is_known = user.is_some();
    {
        let mut world = shared.world();
        let Some(session) = world.sessions.get_mut(id) else { return gone() };
        session.user = user;
    }
    if is_known {
        see_other(address(shared, id).as_str())
    } else {
        step(shared, id, Some("The bank does not know this name and password."))
    }
}

fn finish(shared: &Shared, id: &str, outcome: Outcome) -> Response {
    match complete(shared, id, outcome) {
        None => gone(),
        Some(Return::To(url)) => see_other(url.as_str()),
        Some(Return::Form { action, fields }) => pages::posting(&action, &fields, &shared.random),
        Some(Return::Nowhere) => pages::failure(StatusCode::OK, "Your bank has nothing more to say."),
    }
}

fn step(shared: &Shared, id: &str, message: Option<&str>) -> Response {
    let now = shared.now();
    let mut world = shared.world();
    let Some(session) = world.sessions.get(id).cloned() else { return gone() };
    match (session.bank, session.user) {
        (None, _) => pages::banks(id, &session.banks.iter().map(|bank| option(bank)).collect::<Vec<_>>()),
        (Some(bank), None) => pages::sign_in(id, bank.name, message),
        (Some(bank), Some(user)) => {
            let book = world.book(bank, &user, now);
            let accounts: Vec<Choice> = book
                .holders
                .iter()
                .map(|holder| Choice {
                    value: holder.key,
                    label: format!("{} {}", holder.name, holder.number),
                })
                .collect();
            let scopes: Vec<&str> = session.scopes.iter().map(crate::Scope::as_str).collect();
            let consent = pages::Consent { bank: bank.name, days: bank.consent_days, scopes, accounts };
            pages::consent(id, &consent, message)
        }
    }
}

fn option(bank: &FakeBank) -> Choice {
    Choice { value: bank.id, label: bank.name.to_owned() }
}

fn gone() -> Response {
    pages::failure(StatusCode::GONE, "This visit is over. Begin again with a new link.")
}

fn see_other(url: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, url.to_owned())]).into_response()
}
