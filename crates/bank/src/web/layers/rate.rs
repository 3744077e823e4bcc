//! How many requests a minute a caller may make, by class of route.
//!
//! Whoever is signed in is counted by name, everybody else by address (IPv6 by /64, which one customer has
//! whole). The counts are this process's own: they protect the process. What must hold across nodes and
//! restarts (failed sign-ins) is identity's, in the database.
//!
//! Fields follow draft-ietf-httpapi-ratelimit-headers-06, the last with the three fields that clients know.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::Request;
use axum::http::{Extensions, HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use kernel::ActorKind;
use uuid::Uuid;

use super::{ClientAddress, Route};
use crate::Caller;
use crate::settings::RateLimits;
use crate::web::Problem;
use crate::web::page::Area;

/// After how many requests the callers that have rested are forgotten.
const SWEEP_EVERY: u32 = 4096;

type Limiter = RateLimiter<Who, DashMapStateStore<Who>, DefaultClock, StateInformationMiddleware>;

/// Names whom requests are counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Who {
    Principal(ActorKind, Uuid),
    Address(IpAddr),
    /// A listener without addresses.
    Anybody,
}

/// Groups routes by what a request costs or what it could be used to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    SignIn,
    Read,
    Write,
    Expensive,
    BankLink,
    BankData,
}

/// Counts requests.
#[derive(Debug)]
pub struct Counters {
    sign_in: Limiter,
    read: Limiter,
    write: Limiter,
    expensive: Limiter,
    bank_link: Limiter,
    bank_data: Limiter,
    since_sweep: AtomicU32,
}

/// Counts a request; returns where its caller stands, and none for a route that is not counted.
///
/// # Errors
/// The answer to a request that comes too often: it says when to come back.
pub(super) fn limit(counters: &Counters, request: &Request) -> Result<Option<Standing>, Box<Response>> {
    let route = Route::of(request.extensions());
    let Some(class) = class(request.method(), route.map(|route| &*route.0)) else {
        return Ok(None);
    };
    counters.count(class, who(request.extensions())).map(Some).map_err(|(standing, retry_after_seconds)| {
        let mut response = Problem::too_many(retry_after_seconds).into_response();
        standing.write(&mut response);
        Box::new(response)
    })
}

/// Probes are not counted: a load balancer asks as often as it likes.
fn class(method: &Method, route: Option<&str>) -> Option<Class> {
    let route = route.unwrap_or_default();
    let is_read = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    match route.strip_prefix("/api/v1/").unwrap_or(route) {
        // What comes from the service is never refused; the rest is counted where that is found out.
        "/livez"
        | "/readyz"
        | "integrations/truelayer/webhook"
        | "integrations/truelayer/webhook/tasks"
        | "integrations/truelayer/payments/webhook" => None,
        path if path.starts_with("auth/") => Some(Class::SignIn),
        // A page at the door is a read; what it sends is a guess.
        path if is_door(path) && !is_read => Some(Class::SignIn),
        "transactions/export"
        | "/admin/accounts/{id}/transactions/export"
        | "ledger/verify"
        | "audit-log/verify"
        | "audit-log/export" => Some(Class::Expensive),
        path if path.starts_with("integrations/truelayer/") => Some(bank_class(path, is_read)),
        _ if is_read => Some(Class::Read),
        _ => Some(Class::Write),
    }
}

fn is_door(path: &str) -> bool {
    Area::of(path).is_some_and(|area| path == area.sign_in() || path == area.second_step())
}

/// What asks another bank's customers for their consent, or the service for tokens, is rarer than what reads.
fn bank_class(path: &str, is_read: bool) -> Class {
    let asks = path.ends_with("/callback") || !is_read;
    if asks { Class::BankLink } else { Class::BankData }
}

fn who(extensions: &Extensions) -> Who {
    if let Some(caller) = extensions.get::<Caller>()
        && let Some(id) = caller.actor.uuid()
    {
        return Who::Principal(caller.actor.kind(), id);
    }
    extensions.get::<ClientAddress>().map_or(Who::Anybody, |address| Who::Address(address.network()))
}

impl Counters {
    /// Starts counting, with the operator's numbers.
    pub fn new(limits: &RateLimits) -> Self {
        Self {
            sign_in: limiter(limits.sign_in),
            read: limiter(limits.read),
            write: limiter(limits.write),
            expensive: limiter(limits.expensive),
            bank_link: limiter(limits.bank_link),
            bank_data: limiter(limits.bank_data),
            since_sweep: AtomicU32::new(0),
        }
    }

    fn count(&self, class: Class, who: Who) -> Result<Standing, (Standing, u32)> {
        let limiter = match class {
            Class::SignIn => &self.sign_in,
            Class::Read => &self.read,
            Class::Write => &self.write,
            Class::Expensive => &self.expensive,
            Class::BankLink => &self.bank_link,
            Class::BankData => &self.bank_data,
        };
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            limiter.retain_recent();
        }
        match limiter.check_key(&who) {
            Ok(snapshot) => Ok(Standing::new(snapshot.quota(), snapshot.remaining_burst_capacity())),
            Err(refusal) => {
                let wait = refusal.wait_time_from(limiter.clock().now());
                let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
                Err((Standing::new(refusal.quota(), 0), seconds))
            }
        }
    }
}

fn limiter(a_minute: u32) -> Limiter {
    let quota = Quota::per_minute(NonZeroU32::new(a_minute).unwrap_or(NonZeroU32::MIN));
    RateLimiter::dashmap(quota).with_middleware()
}

/// Says where a caller stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    limit: u32,
    remaining: u32,
    /// Until the whole limit is there again.
    reset_seconds: u64,
}

impl Standing {
    fn new(quota: Quota, remaining: u32) -> Self {
        let limit = quota.burst_size().get();
        let missing = limit.saturating_sub(remaining);
        let reset = quota.replenish_interval() * missing;
        Self { limit, remaining, reset_seconds: reset.as_millis().div_ceil(1000).try_into().unwrap_or(60) }
    }

    /// Tells the caller.
    pub(super) fn write(self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static("ratelimit-limit"), HeaderValue::from(self.limit));
        headers.insert(HeaderName::from_static("ratelimit-remaining"), HeaderValue::from(self.remaining));
        headers.insert(HeaderName::from_static("ratelimit-reset"), HeaderValue::from(self.reset_seconds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_fall_into_classes_by_what_they_cost() {
        for (method, route, expected) in [
            (Method::GET, "/livez", None),
            (Method::POST, "/api/v1/auth/login", Some(Class::SignIn)),
            (Method::GET, "/api/v1/transactions/export", Some(Class::Expensive)),
            (Method::POST, "/api/v1/ledger/verify", Some(Class::Expensive)),
            (Method::GET, "/api/v1/accounts/{id}", Some(Class::Read)),
            (Method::POST, "/api/v1/transfers", Some(Class::Write)),
            (Method::GET, "/admin/sign-in", Some(Class::Read)),
            (Method::POST, "/admin/sign-in", Some(Class::SignIn)),
            (Method::POST, "/admin/sign-in/code", Some(Class::SignIn)),
            (Method::DELETE, "/api/v1/me/totp", Some(Class::Write)),
            (Method::POST, "/api/v1/integrations/truelayer/auth", Some(Class::BankLink)),
            (Method::GET, "/api/v1/integrations/truelayer/callback", Some(Class::BankLink)),
            (Method::GET, "/api/v1/integrations/truelayer/connections/{id}", Some(Class::BankData)),
        ] {
            assert_eq!(class(&method, Some(route)), expected, "{route}");
        }
        assert_eq!(class(&Method::GET, None), Some(Class::Read));
    }

    #[test]
    fn each_caller_has_a_count_of_its_own_and_is_told_what_is_left() {
        let counters = Counters::new(&RateLimits {
            sign_in: 2,
            read: 1,
            write: 1,
            expensive: 1,
            bank_link: 1,
            bank_data: 1,
        });
        let address = |last| Who::Address(IpAddr::from([192, 0, 2, last]));
        let first = counters.count(Class::SignIn, address(1)).expect("the first");
        assert_eq!((first.limit, first.remaining, first.reset_seconds), (2, 1, 30));
        assert_eq!(counters.count(Class::SignIn, address(1)).expect("the second").remaining, 0);
        let (standing, wait) = counters.count(Class::SignIn, address(1)).expect_err("the third");
        assert_eq!(standing.remaining, 0);
        assert!((1..=31).contains(&wait), "{wait}");
        assert!(counters.count(Class::SignIn, address(2)).is_ok());
        assert!(counters.count(Class::Read, address(1)).is_ok(), "another class");
    }

    #[test]
    fn neighbors_in_one_ipv6_network_are_one() {
        let of = |text: &str| {
            let mut extensions = Extensions::new();
            extensions.insert(ClientAddress(text.parse().expect("an address")));
            who(&extensions)
        };
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    }
}
