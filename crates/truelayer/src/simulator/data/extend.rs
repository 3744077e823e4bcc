//! `POST /data/v1/connections/extend`.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::auth_link::ResponseMode;
use crate::simulator::auth::{Renewal, address, is_registered, renewal};
use crate::simulator::mock_user::UserKind;
use crate::simulator::reply::{json_bytes, problem};
use crate::simulator::shared::{Handle, Shared};
use crate::simulator::token;

/// The fields that must be there, with their names in the refusal.
const REQUIRED: [(&str, &str); 6] = [
    ("user_has_reconfirmed_consent", "UserHasReconfirmedConsent"),
    ("client_id", "ClientId"),
    ("client_secret", "ClientSecret"),
    ("user", "User"),
    ("refresh_token", "RefreshToken"),
    ("redirect_uri", "RedirectUri"),
];

/// Extends a link, or says what the user has to do first.
pub(super) async fn extend(State(shared): State<Handle>, body: Bytes) -> Response {
    let fields: Map<String, Value> = serde_json::from_slice(&body).unwrap_or_default();
    let mut errors = Map::new();
    let missing = REQUIRED.iter().filter(|(field, _)| fields.get(*field).is_none_or(Value::is_null));
    for (_, name) in missing {
        errors.insert((*name).to_owned(), json!([format!("The {name} field is required.")]));
    }
    let reviewed = shared.world().modes.extension_reviewed;
    let reconfirmed = fields.get("user_has_reconfirmed_consent").and_then(Value::as_bool);
    if reconfirmed == Some(false) || (reconfirmed == Some(true) && !reviewed) {
        let words = "UserHasReconfirmedConsent has an unsupported value.";
        errors.insert("UserHasReconfirmedConsent".to_owned(), json!([words]));
    }
    if !errors.is_empty() {
        return refused(&shared, 400, "One or more validation errors occurred.", Some(errors.into()));
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    if !is_registered(&shared.world(), text("client_id"), text("client_secret")) {
        return refused(&shared, 401, "Unauthorized", None);
    }
    decide(&shared, text("refresh_token"), &Wishes { redirect_uri: text("redirect_uri"), fields: &fields })
}

struct Wishes<'a> {
    redirect_uri: &'a str,
    fields: &'a Map<String, Value>,
}

fn decide(shared: &Shared, refresh_token: &str, wishes: &Wishes<'_>) -> Response {
    let found = shared.world().consents.find_by_refresh(refresh_token).cloned();
    let Some(credential) = found else { return refused(shared, 401, "Unauthorized", None) };
    if !credential.bank.is_british() {
        return refused(shared, 422, "No way to extend this connection", None);
    }
    if credential.user.kind == UserKind::Eternal && credential.is_authorised(shared.now()) {
        return done(shared, &credential.id);
    }
    let text = |name: &str| wishes.fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let mode = if text("response_mode").as_deref() == Some("form_post") {
        ResponseMode::FormPost
    } else {
        ResponseMode::Query
    };
    let wish = Renewal {
        redirect_uri: wishes.redirect_uri,
        state: text("state"),
        challenge: text("code_challenge"),
        mode,
    };
    let Some(session) = renewal(shared, refresh_token, wish) else {
        let errors = json!({ "RedirectUri": ["The RedirectUri is not registered."] });
        return refused(shared, 400, "One or more validation errors occurred.", Some(errors));
    };
    let link = address(shared, &session);
    let body = json!({ "action_needed": "authentication_needed", "user_input_link": link });
    json_bytes(200, body.to_string().into_bytes())
}

/// Renews without the user; both tokens are replaced.
fn done(shared: &Shared, credentials_id: &str) -> Response {
    let issued = shared.mint(|world, mint| {
        world.consents.credentials.get_mut(credentials_id)?.renew(mint.now, false);
        world.consents.issue(credentials_id, mint)
    });
    let Some(issued) = issued else { return refused(shared, 401, "Unauthorized", None) };
    let body = json!({
        "action_needed": "no_action_needed",
        "access_token": issued.access_token,
        "expires_in": issued.expires_in_seconds,
        "token_type": "Bearer",
        "refresh_token": issued.refresh_token,
    });
    json_bytes(200, body.to_string().into_bytes())
}

fn refused(shared: &Shared, status: u16, title: &str, errors: Option<Value>) -> Response {
    let mut body = json!({
        "type": "https://docs.truelayer.com/#connection-api-errors",
        "title": title,
        "status": status,
        "instance": "/connections/extend",
        "trace_id": token::uuid(&shared.random),
    });
    match status {
        401 => body["detail"] = "Refresh token missing or invalid.".into(),
        422 => body["detail"] = "This connection cannot be extended".into(),
        _ => {}
    }
    if let Some(errors) = errors {
        body["errors"] = errors;
    }
    problem(status, &body)
}
