//! `POST /connect/token`.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use http::{HeaderMap, header};
use kernel::Secret;
use serde_json::json;

use crate::simulator::consent::{Issued, Mint};
use crate::simulator::reply::{Refused, json_bytes};
use crate::simulator::shared::{Handle, Shared};
use crate::simulator::token::{Claims, access};
use crate::simulator::world::World;

type Fields = BTreeMap<String, String>;
/// One way to get tokens; the refusal is its code.
type Issue = fn(&Shared, &Fields) -> Result<Issued, &'static str>;

/// The scopes that a program may have for itself.
const OWN_SCOPES: [&str; 5] =
    ["payments", "recurring_payments:sweeping", "recurring_payments:commercial", "signupplus", "data"];

/// Issues tokens for a code, a refresh token, or the program itself.
pub(super) async fn issue(State(shared): State<Handle>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(fields) = read(&headers, &body) else {
        return Refused::new(400, "invalid_request", "").into_response();
    };
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let refused = |code| Refused::new(400, code, "").into_response();
    let (names, issue): (&[&str], Issue) = match field("grant_type") {
        "authorization_code" => (&["code", "redirect_uri", "code_verifier"], exchange),
        "refresh_token" => (&["refresh_token"], refresh),
        "client_credentials" => (&["scope"], own),
        _ => return refused("invalid_request"),
    };
    let is_known =
        |name: &str| ["grant_type", "client_id", "client_secret"].contains(&name) || names.contains(&name);
    if !fields.keys().all(|name| is_known(name)) {
        return refused("invalid_request");
    }
    if !is_registered(&shared.world(), field("client_id"), field("client_secret")) {
        return refused("invalid_client");
    }
    match issue(&shared, &fields) {
        Ok(issued) => json_bytes(200, body_of(&issued)),
        Err(code) => refused(code),
    }
}

/// Reads JSON or a form; the description says JSON, the vendor's own client sends forms.
fn read(headers: &HeaderMap, body: &[u8]) -> Option<Fields> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    if kind.starts_with("application/x-www-form-urlencoded") {
        return Some(url::form_urlencoded::parse(body).into_owned().collect());
    }
    serde_json::from_slice(body).ok()
}

/// Compares in constant time: the secrets are compared as [`Secret`]s.
pub(in crate::simulator) fn is_registered(world: &World, client_id: &str, secret: &str) -> bool {
    world.client.client_id == client_id && world.client.client_secret == Secret::new(secret.to_owned())
}

fn exchange(shared: &Shared, fields: &Fields) -> Result<Issued, &'static str> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    shared.mint(|world, mint| {
        // Taken before it is judged: a code that failed once is spent.
        let grant = world.codes.remove(field("code")).ok_or("invalid_authorization_code")?;
        let is_fresh = mint.now < grant.expires_at;
        let is_same_address = grant.redirect_uri.as_str() == field("redirect_uri");
        let is_proven = match &grant.challenge {
            Some(challenge) => {
                let hash = digest::digest(&digest::SHA256, field("code_verifier").as_bytes());
                *challenge == URL_SAFE_NO_PAD.encode(hash.as_ref())
            }
            None => field("code_verifier").is_empty(),
        };
        if !is_fresh || !is_same_address || !is_proven {
            return Err("invalid_grant");
        }
        world.consents.issue(&grant.credentials_id, mint).ok_or("invalid_grant")
    })
}

fn refresh(shared: &Shared, fields: &Fields) -> Result<Issued, &'static str> {
    let token = fields.get("refresh_token").map_or("", String::as_str);
    shared.mint(|world, mint| world.consents.refresh(token, mint).ok_or("invalid_grant"))
}

fn own(shared: &Shared, fields: &Fields) -> Result<Issued, &'static str> {
    let scope = fields.get("scope").map_or("", String::as_str);
    let is_known = !scope.is_empty() && scope.split_whitespace().all(|name| OWN_SCOPES.contains(&name));
    if !is_known {
        return Err("invalid_scope");
    }
    Ok(shared.mint(|world, mint| issue_own(world, mint, scope)))
}

fn issue_own(world: &mut World, mint: &Mint<'_>, scope: &str) -> Issued {
    let life = Duration::seconds(mint.modes.expires_in_seconds);
    let claims = Claims {
        issuer: mint.issuer,
        audience: "payments_api",
        client_id: mint.client_id,
        subject: mint.client_id,
        connector_id: None,
        scope,
        issued_at: mint.now,
        life,
    };
    let access_token = access(&claims, mint.random);
    world.client_tokens.insert(access_token.clone(), (mint.now + life, scope.to_owned()));
    Issued {
        access_token,
        refresh_token: None,
        expires_in_seconds: life.num_seconds(),
        scope: scope.to_owned(),
    }
}

fn body_of(issued: &Issued) -> Vec<u8> {
    let mut body = json!({
        "access_token": issued.access_token,
        "expires_in": issued.expires_in_seconds,
        "token_type": "Bearer",
        "scope": issued.scope,
    });
    if let Some(token) = &issued.refresh_token {
        body["refresh_token"] = token.as_str().into();
    }
    body.to_string().into_bytes()
}
