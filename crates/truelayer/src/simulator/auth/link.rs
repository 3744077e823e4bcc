//! Links: what they must say, and the two that the service makes itself.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::auth_link::ResponseMode;
use crate::scope::Scopes;
use crate::simulator::provider::FakeBank;
use crate::simulator::reply::{Refused, json_bytes};
use crate::simulator::shared::{Handle, Shared};
use crate::simulator::token;
use crate::simulator::world::{Session, World};

/// Holds the query of a link as it arrived; what else is there is ignored, as the service does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::simulator) struct LinkQuery {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    state: Option<String>,
    nonce: Option<String>,
    providers: String,
    provider_id: Option<String>,
    response_mode: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// Opens a visit for a link, and returns its name; the refusal is in the words of the error page.
pub(in crate::simulator) fn open(shared: &Shared, query: &LinkQuery) -> Result<String, &'static str> {
    let mut world = shared.world();
    let link = format!("{query:?}");
    if world.spent_links.contains(&link) {
        return Err("This link was used before. Ask for a new one.");
    }
    let session = judge(&world, query, link)?;
    Ok(remember(&mut world, shared, session))
}

fn remember(world: &mut World, shared: &Shared, session: Session) -> String {
    let id = token::session_id(&shared.random);
    world.sessions.insert(id.clone(), session);
    id
}

fn judge(world: &World, query: &LinkQuery, link: String) -> Result<Session, &'static str> {
    if query.client_id != world.client.client_id {
        return Err("unauthorized_client: nobody of this name is registered.");
    }
    let redirect_uri = registered(world, &query.redirect_uri).ok_or("The redirect_uri is not registered.")?;
    if query.response_type != "code" {
        return Err("The response_type must be code.");
    }
    let scopes = scopes(&query.scope).ok_or("The scope is missing or unknown.")?;
    let challenge = challenge(query.code_challenge.as_deref(), query.code_challenge_method.as_deref())?;
    let banks = FakeBank::offered(world.profile, &query.providers);
    let bank = match query.provider_id.as_deref() {
        None => None,
        Some(id) => Some(*banks.iter().find(|bank| bank.id == id).ok_or("The provider_id is not offered.")?),
    };
    if banks.is_empty() {
        return Err("None of these providers is available.");
    }
    let only = if let [only] = banks[..] { Some(only) } else { None };
    Ok(Session {
        link,
        redirect_uri,
        scopes,
        state: query.state.clone(),
        challenge,
        response_mode: response_mode(query.response_mode.as_deref())?,
        bank: bank.or(only),
        banks,
        user: None,
        renews: None,
    })
}

fn registered(world: &World, text: &str) -> Option<Url> {
    world.client.redirect_uris.iter().find(|known| known.as_str() == text).cloned()
}

/// A scope that nobody knows makes the whole link invalid.
fn scopes(text: &str) -> Option<Scopes> {
    let scopes = Scopes::from_list(text);
    let is_known = text.split_whitespace().all(|name| name.parse::<crate::scope::Scope>().is_ok());
    (is_known && !scopes.is_empty() && scopes.incomplete().is_none()).then_some(scopes)
}

fn challenge(challenge: Option<&str>, method: Option<&str>) -> Result<Option<String>, &'static str> {
    match (challenge, method) {
        (None, None) => Ok(None),
        (Some(text), Some("S256")) if text.len() == 43 => Ok(Some(text.to_owned())),
        _ => Err("The code_challenge must be made by S256."),
    }
}

fn response_mode(mode: Option<&str>) -> Result<ResponseMode, &'static str> {
    match mode {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some(_) => Err("The response_mode must be form_post."),
    }
}

#[derive(Deserialize)]
pub(super) struct DirectBody {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    #[expect(dead_code, reason = "must be there, and says nothing to the simulator")]
    consent_id: String,
    provider_id: String,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    response_mode: Option<String>,
}

/// Makes a link straight to a bank.
pub(super) async fn direct(State(shared): State<Handle>, Json(body): Json<DirectBody>) -> Response {
    let query = LinkQuery {
        response_type: body.response_type,
        client_id: body.client_id,
        redirect_uri: body.redirect_uri,
        scope: body.scope,
        state: body.state,
        nonce: Some(token::uuid(&shared.random)),
        providers: body.provider_id.clone(),
        provider_id: Some(body.provider_id),
        response_mode: body.response_mode,
        code_challenge: body.code_challenge,
        code_challenge_method: body.code_challenge_method,
    };
    match open(&shared, &query) {
        Ok(session) => linked(&shared, &session),
        Err(_) => {
            Refused::new(401, "unauthorized", "Unauthorized.").because("Invalid request").into_response()
        }
    }
}

#[derive(Deserialize)]
pub(super) struct ReauthBody {
    response_type: String,
    refresh_token: String,
    redirect_uri: String,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    response_mode: Option<String>,
}

/// Makes a link to authenticate again, which ends at the same link between program and accounts.
pub(super) async fn reauthenticate(State(shared): State<Handle>, Json(body): Json<ReauthBody>) -> Response {
    let invalid =
        |reason| Refused::new(401, "invalid_request", "Invalid request").because(reason).into_response();
    let challenge = challenge(body.code_challenge.as_deref(), body.code_challenge_method.as_deref());
    let mode = response_mode(body.response_mode.as_deref());
    let (Ok(challenge), Ok(mode), "code") = (challenge, mode, body.response_type.as_str()) else {
        return invalid("Invalid request");
    };
    let wish = Renewal { redirect_uri: &body.redirect_uri, state: body.state, challenge, mode };
    match renewal(&shared, &body.refresh_token, wish) {
        Some(session) => linked(&shared, &session),
        None => invalid("Invalid refresh_token"),
    }
}

/// What a renewal asks for.
pub(in crate::simulator) struct Renewal<'a> {
    pub(in crate::simulator) redirect_uri: &'a str,
    pub(in crate::simulator) state: Option<String>,
    pub(in crate::simulator) challenge: Option<String>,
    pub(in crate::simulator) mode: ResponseMode,
}

/// Opens a visit that renews a link of the United Kingdom.
pub(in crate::simulator) fn renewal(
    shared: &Shared,
    refresh_token: &str,
    wish: Renewal<'_>,
) -> Option<String> {
    let mut world = shared.world();
    let credential = world.consents.find_by_refresh(refresh_token)?.clone();
    let redirect_uri = registered(&world, wish.redirect_uri)?;
    if !credential.bank.is_british() {
        return None;
    }
    let session = Session {
        link: token::uuid(&shared.random),
        redirect_uri,
        scopes: credential.scopes.clone(),
        state: wish.state,
        challenge: wish.challenge,
        response_mode: wish.mode,
        banks: vec![credential.bank],
        bank: Some(credential.bank),
        user: None,
        renews: Some(credential.id),
    };
    Some(remember(&mut world, shared, session))
}

/// Returns where a visit goes on.
pub(in crate::simulator) fn address(shared: &Shared, session: &str) -> Url {
    crate::environment::join(&shared.auth, ["dialog", session])
}

fn linked(shared: &Shared, session: &str) -> Response {
    let body = json!({ "result": address(shared, session), "success": true });
    json_bytes(200, body.to_string().into_bytes())
}
