//! What a read must pass, in order.

use chrono::Duration;
use http::HeaderMap;
use kernel::Instant;

use super::question::Days;
use crate::client::Endpoint;
use crate::simulator::consent::{Credential, TokenFault};
use crate::simulator::mock_user::UserKind;
use crate::simulator::provider::FakeBank;
use crate::simulator::reply::{Refused, bearer};
use crate::simulator::world::World;

/// How many calls without the user a bank answers in a day.
const UNATTENDED: usize = 4;
/// What a day is.
const DAY: Duration = Duration::hours(24);
/// How deep a read may go once the authentication is older than a moment.
const LATER_DEPTH: Duration = Duration::days(90);
/// That moment.
const MOMENT: Duration = Duration::minutes(5);

/// Finds the link that the token opens.
pub(super) fn open(world: &World, headers: &HeaderMap, now: Instant) -> Result<Credential, Refused> {
    let dead = || Refused::new(401, "unauthorized", "Unauthorized.");
    let token = bearer(headers).ok_or_else(dead)?;
    match world.consents.open(&token, now) {
        Ok(credential) => Ok(credential.clone()),
        Err(TokenFault::Dead) => Err(dead()),
        Err(TokenFault::Expired(at)) => {
            let words = format!("The token expired at '{}'", at.format("%Y-%m-%d %H:%M:%SZ"));
            Err(Refused::new(401, "invalid_token", &words))
        }
    }
}

/// Judges user, scope and consent; `me` is answered whatever became of the consent.
pub(super) fn permit(credential: &Credential, endpoint: Endpoint, now: Instant) -> Result<(), Refused> {
    if endpoint == Endpoint::Me {
        return Ok(());
    }
    if let UserKind::Broken(broken) = credential.user.kind {
        return Err(Refused::new(broken.status, broken.code, "The provider refused."));
    }
    let is_granted = endpoint.scope().is_none_or(|scope| credential.scopes.contains(scope));
    if !is_granted || !credential.is_authorised(now) {
        return Err(Refused::new(403, "access_denied", "Access to a specific resource has been denied."));
    }
    Ok(())
}

/// Finds the account or card behind an id that was shown to this link.
pub(super) fn find(
    world: &mut World,
    credential: &Credential,
    (endpoint, id): (Endpoint, &str),
    now: Instant,
) -> Result<&'static str, Refused> {
    let about_cards = matches!(
        endpoint,
        Endpoint::Card
            | Endpoint::CardBalance
            | Endpoint::CardTransactions
            | Endpoint::CardPendingTransactions
    );
    let book = world.book(credential.bank, &credential.user, now);
    let keys: Vec<&'static str> = book
        .holders
        .iter()
        .filter(|holder| holder.is_card() == about_cards)
        .map(|holder| holder.key)
        .collect();
    let shown = |key: &&'static str| is_chosen(credential, key) && world.shown_id(credential, key) == id;
    let found = keys.into_iter().find(shown);
    found.ok_or_else(|| Refused::new(404, "account_not_found", "account not found"))
}

/// Says whether the user shares this account or card.
pub(super) fn is_chosen(credential: &Credential, key: &str) -> bool {
    credential.chosen.as_ref().is_none_or(|chosen| chosen.iter().any(|name| name == key))
}

/// Judges whether the bank can answer at all.
pub(super) fn support(bank: &FakeBank, endpoint: Endpoint) -> Result<(), Refused> {
    let refused = || Refused::new(501, "endpoint_not_supported", "Feature not supported by the provider");
    bank.supports(endpoint).then_some(()).ok_or_else(refused)
}

/// Judges the window: possible at all, then allowed so long after the authentication.
pub(super) fn reach(credential: &Credential, days: Days, now: Instant) -> Result<(), Refused> {
    let deepest = (now - Duration::days(credential.bank.history_days)).date_naive();
    if days.from > days.to || days.from < deepest {
        return Err(Refused::new(400, "invalid_date_range", "Invalid date range provided."));
    }
    let is_deep = days.from < (now - LATER_DEPTH).date_naive();
    if is_deep && now - credential.authenticated_at > MOMENT {
        let words = "SCA exemption has expired. The user has to authenticate again for older data.";
        return Err(Refused::new(403, "sca_exceeded", words));
    }
    Ok(())
}

/// Counts a call without the user, and refuses the fifth of a day; right after the authentication nothing counts.
pub(super) fn count(
    world: &mut World,
    credential: &Credential,
    (endpoint, key): (Endpoint, &str),
    now: Instant,
) -> Result<(), Refused> {
    if !endpoint.reaches_bank() || now - credential.authenticated_at <= MOMENT {
        return Ok(());
    }
    let calls = world.unattended.entry((credential.id.clone(), key.to_owned(), endpoint)).or_default();
    calls.retain(|at| now - *at < DAY);
    if calls.len() >= UNATTENDED {
        let words = "Maximum number of requests per user allowed by provider exceeded.";
        return Err(Refused::new(429, "provider_request_limit_exceeded", words));
    }
    calls.push(now);
    Ok(())
}
