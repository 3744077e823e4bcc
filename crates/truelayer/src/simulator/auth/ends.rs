//! The end of links, names for the support, and the list of banks.

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::Endpoint;
use crate::scope::Scopes;
use crate::simulator::consent::ConsentStatus;
use crate::simulator::provider::FakeBank;
use crate::simulator::reply::{Refused, bearer, json_bytes};
use crate::simulator::shared::{Handle, Shared};

/// Ends a link for good.
pub(super) async fn delete(State(shared): State<Handle>, headers: HeaderMap) -> Response {
    let now = shared.now();
    let mut world = shared.world();
    let id = bearer(&headers).and_then(|token| Some(world.consents.open(&token, now).ok()?.id.clone()));
    let Some(credential) = id.and_then(|id| world.consents.credentials.get_mut(&id)) else {
        return unauthorized();
    };
    credential.end(ConsentStatus::Deleted, now);
    StatusCode::OK.into_response()
}

fn unauthorized() -> Response {
    Refused::new(401, "unauthorized", "Unauthorized.").because("Invalid token").into_response()
}

#[derive(Deserialize)]
pub(super) struct DebugBody {
    access_token: String,
}

/// Makes a name for the support.
pub(super) async fn debug(State(shared): State<Handle>, axum::Json(body): axum::Json<DebugBody>) -> Response {
    named(&shared, &body.access_token)
}

/// Takes the name back.
pub(super) async fn delete_debug(State(shared): State<Handle>, headers: HeaderMap) -> Response {
    match bearer(&headers) {
        Some(token) => named(&shared, &token),
        None => unauthorized(),
    }
}

fn named(shared: &Shared, token: &str) -> Response {
    let (now, world) = (shared.now(), shared.world());
    let Ok(credential) = world.consents.open(token, now) else { return unauthorized() };
    if !credential.is_authorised(now) {
        let refused = Refused::new(400, "invalid_request", "Invalid request");
        return refused.because("Consent expired or revoked").into_response();
    }
    let body = json!({
        "credentials_id": credential.id,
        "debug_id": format!("{}|{}", credential.bank.id, STANDARD.encode(&credential.id)),
        "provider_id": credential.bank.id,
    });
    json_bytes(200, body.to_string().into_bytes())
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ProvidersQuery {
    #[serde(rename = "clientId")]
    client_id: Option<String>,
    scopes: String,
    country: String,
}

/// Lists the banks.
pub(super) async fn providers(State(shared): State<Handle>, Query(query): Query<ProvidersQuery>) -> Response {
    let world = shared.world();
    let is_ours = query.client_id.is_none_or(|id| id == world.client.client_id);
    let wanted = Scopes::from_list(&query.scopes);
    let countries: Vec<&str> = query.country.split_whitespace().collect();
    let is_wanted = |bank: &&FakeBank| {
        (countries.is_empty() || countries.contains(&bank.country))
            && wanted.iter().all(|scope| scopes(bank).contains(scope))
    };
    let updated_at = shared.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let banks: Vec<Value> = FakeBank::all(world.profile)
        .filter(|bank| is_ours && is_wanted(bank))
        .map(|bank| {
            json!({
                "provider_id": bank.id,
                "display_name": bank.name,
                "country": bank.country,
                "logo_url": format!("{}logo/{}.svg", shared.auth, bank.id),
                "scopes": scopes(bank).iter().map(crate::Scope::as_str).collect::<Vec<_>>(),
                "availability": { "recommended_status": "healthy", "updated_at": updated_at },
            })
        })
        .collect();
    json_bytes(200, Value::from(banks).to_string().into_bytes())
}

/// Returns what a bank can be asked for.
fn scopes(bank: &FakeBank) -> Scopes {
    let asks = |scope: crate::Scope| match scope {
        crate::Scope::Accounts => bank.supports(Endpoint::Accounts),
        crate::Scope::StandingOrders => bank.supports(Endpoint::StandingOrders),
        crate::Scope::DirectDebits => bank.supports(Endpoint::DirectDebits),
        crate::Scope::Cards => bank.is_british(),
        _ => true,
    };
    Scopes::new(Scopes::all().iter().filter(|scope| asks(*scope)))
}
