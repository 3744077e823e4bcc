//! Answering a read.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use chrono::Duration;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use kernel::Instant;
use serde_json::Value;

use super::question::{self, Days};
use super::rows::{self, Source};
use super::{guard, tasks};
use crate::client::Endpoint;
use crate::simulator::book;
use crate::simulator::consent::Credential;
use crate::simulator::reply::{FromCache, Refused, json_bytes};
use crate::simulator::shared::{Handle, Shared};
use crate::simulator::token;
use crate::simulator::world::{Cached, World};

/// For how long the same question gets the same bytes.
const CACHE_LIFE: Duration = Duration::hours(1);

/// A read that has passed the first of the guards.
pub(super) struct Permitted {
    pub(super) credential: Credential,
    pub(super) endpoint: Endpoint,
    /// The account or card, by its name in the book.
    pub(super) key: &'static str,
    pub(super) days: Option<Days>,
}

/// Answers a read, at once or later.
pub(super) async fn read(
    State(shared): State<Handle>,
    Path(path): Path<String>,
    Query(query): Query<question::Query>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Some((endpoint, id)) = question::parse(&path) else {
        return Refused::new(404, "not_found", "Not found").into_response();
    };
    let now = shared.now();
    let mut world = shared.world();
    let credential = match guard::open(&world, &headers, now) {
        Ok(credential) => credential,
        Err(refused) => return dressed(refused.into_response(), &shared, None),
    };
    let credentials_id = credential.id.clone();
    let permitted = permit(&mut world, credential, (endpoint, id), &query, now);
    let attended = headers.contains_key("x-psu-ip");
    let answer = match permitted {
        Err(refused) => refused.into_response(),
        Ok(permitted) if query.r#async.as_deref() == Some("true") && endpoint != Endpoint::Me => {
            tasks::queue(&shared, &mut world, &permitted, (&uri, query.webhook_uri.as_ref()), attended)
        }
        Ok(permitted) => {
            let question = uri.path_and_query().map_or("", |it| it.as_str());
            cached(&shared, &mut world, &permitted, (question, attended))
        }
    };
    dressed(answer, &shared, Some(&credentials_id))
}

fn permit(
    world: &mut World,
    credential: Credential,
    (endpoint, id): (Endpoint, Option<&str>),
    query: &question::Query,
    now: Instant,
) -> Result<Permitted, Refused> {
    guard::permit(&credential, endpoint, now)?;
    let key = match id {
        Some(id) => guard::find(world, &credential, (endpoint, id), now)?,
        None => "",
    };
    guard::support(credential.bank, endpoint)?;
    let has_window = matches!(
        endpoint,
        Endpoint::AccountTransactions
            | Endpoint::AccountPendingTransactions
            | Endpoint::CardTransactions
            | Endpoint::CardPendingTransactions
    );
    let days = if has_window { Some(question::days(query, now)?) } else { None };
    Ok(Permitted { credential, endpoint, key, days })
}

/// Answers from the cache, or asks the bank, which judges the window and counts.
fn cached(
    shared: &Shared,
    world: &mut World,
    permitted: &Permitted,
    (question, attended): (&str, bool),
) -> Response {
    let now = shared.now();
    let key = (permitted.credential.id.clone(), question.to_owned());
    let kept = world.cache.get(&key).filter(|kept| now - kept.at < CACHE_LIFE && now >= kept.at).cloned();
    let from_cache = kept.is_some() && permitted.endpoint.reaches_bank();
    let answer = match kept.filter(|_| from_cache) {
        Some(kept) => kept,
        None => match ask(shared, world, permitted, attended) {
            Ok(body) => {
                let fresh = Cached { body, at: now };
                world.cache.insert(key, fresh.clone());
                fresh
            }
            Err(refused) => return refused.into_response(),
        },
    };
    let left = (CACHE_LIFE - (now - answer.at)).num_seconds();
    let mut response = json_bytes(200, answer.body);
    let headers = response.headers_mut();
    let put = |headers: &mut HeaderMap, name, text: String| {
        HeaderValue::from_str(&text).map(|value| headers.insert(name, value)).is_ok()
    };
    put(headers, header::CACHE_CONTROL, format!("max-age={left}"));
    put(headers, header::LAST_MODIFIED, answer.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    if from_cache {
        response.extensions_mut().insert(FromCache);
    }
    response
}

/// Asks the bank.
pub(super) fn ask(
    shared: &Shared,
    world: &mut World,
    permitted: &Permitted,
    attended: bool,
) -> Result<Vec<u8>, Refused> {
    let now = shared.now();
    let Permitted { credential, endpoint, key, days } = permitted;
    if let Some(days) = days {
        guard::reach(credential, *days, now)?;
    }
    if !attended {
        guard::count(world, credential, (*endpoint, key), now)?;
    }
    Ok(rows::write(&results(shared, world, permitted)))
}

fn results(shared: &Shared, world: &mut World, permitted: &Permitted) -> Vec<Value> {
    let (now, Permitted { credential, endpoint, key, days }) = (shared.now(), permitted);
    let bank = credential.bank;
    let source = Source { random: &shared.random, now };
    let days = days.unwrap_or(Days { from: now.date_naive(), to: now.date_naive() });
    let keys: Vec<&'static str> =
        world.book(bank, &credential.user, now).holders.iter().map(|holder| holder.key).collect();
    let ids: Vec<String> = keys.iter().map(|key| world.shown_id(credential, key)).collect();
    let client_id = world.client.client_id.clone();
    let book = world.book(bank, &credential.user, now);
    let shown = book.holders.iter().zip(ids).filter(|(holder, _)| guard::is_chosen(credential, holder.key));
    let one = book.find(key);
    let of =
        |row: fn(&book::Holder, Instant) -> Value| one.map(|holder| row(holder, now)).into_iter().collect();
    match endpoint {
        Endpoint::Me => vec![rows::me(credential, &client_id, now)],
        Endpoint::Info => vec![rows::info(credential, now)],
        Endpoint::Accounts | Endpoint::Account => shown
            .filter(|(holder, _)| !holder.is_card() && (key.is_empty() || holder.key == *key))
            .map(|(holder, id)| rows::account(holder, bank, &id, now))
            .collect(),
        Endpoint::Cards | Endpoint::Card => shown
            .filter(|(holder, _)| holder.is_card() && (key.is_empty() || holder.key == *key))
            .map(|(holder, id)| rows::card(holder, bank, &id, now))
            .collect(),
        Endpoint::AccountBalance => of(rows::account_balance),
        Endpoint::CardBalance => of(rows::card_balance),
        Endpoint::AccountTransactions | Endpoint::CardTransactions => {
            one.map(|holder| rows::booked(holder, bank, days, &source)).unwrap_or_default()
        }
        Endpoint::AccountPendingTransactions | Endpoint::CardPendingTransactions => {
            one.map(|holder| rows::announced(holder, bank, &source)).unwrap_or_default()
        }
        Endpoint::StandingOrders => one
            .map(|holder| {
                book::orders(holder, now).iter().map(|order| rows::standing_order(order, now)).collect()
            })
            .unwrap_or_default(),
        Endpoint::DirectDebits => one
            .map(|holder| {
                let debits = book::debits(holder, now);
                debits.iter().map(|debit| rows::direct_debit(debit, source.random, now)).collect()
            })
            .unwrap_or_default(),
        Endpoint::Results => Vec::new(),
    }
}

/// Puts the service's headers on an answer.
pub(super) fn dressed(mut response: Response, shared: &Shared, credentials_id: Option<&str>) -> Response {
    let correlation_id = token::uuid(&shared.random);
    let fixed = [
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none';"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "deny"),
        ("x-xss-protection", "1; mode=block"),
        ("referrer-policy", "no-referrer"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let named = [
        ("x-tl-correlation-id", Some(correlation_id.as_str())),
        ("x-request-id", Some(correlation_id.as_str())),
        ("x-credentials-id", credentials_id),
    ];
    for (name, value) in named {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
