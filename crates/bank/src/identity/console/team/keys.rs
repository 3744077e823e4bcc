//! One's own API keys: for machines that act on one's behalf.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::{ApiKeyId, Secret};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::idempotency::{self, Begun, IdempotencyKey};
use crate::identity::model::{ApiKey, FullName, parse_scopes};
use crate::identity::service::{self, NewApiKey};
use crate::web::page::{Badge, Forms, Look, Sent, Staff, Tone};
use crate::web::{Path, Problem};
use crate::{Bank, Permission, Permissions};

const KEYS: &str = "/admin/team/api-keys";
/// How long a key lives when nobody chooses.
const USUAL_DAYS: &str = "90";

pub(super) fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new().routes(routes!(keys_page, make_key)).routes(routes!(revoke_key))
}

#[derive(Template)]
#[template(path = "identity/pages/keys.html")]
struct KeysPage<'a> {
    look: &'a Look,
    title: &'static str,
    forms: &'a Forms,
    rows: Vec<Row>,
    choices: Vec<ScopeChoice>,
    days: &'static str,
}

struct Row {
    key: ApiKey,
    scopes: Vec<Permission>,
    badge: Badge,
}

/// Shows a permission as a choice of the form.
struct ScopeChoice {
    permission: Permission,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "identity/pages/key_made.html")]
struct KeyMadePage<'a> {
    look: &'a Look,
    title: &'static str,
    key: ApiKey,
    text: Secret<String>,
}

impl Row {
    fn of(key: ApiKey, look: &Look) -> Self {
        let is_over = key.expires_at <= look.format().now;
        let badge =
            if is_over { Badge::new(Tone::Neutral, "Ended") } else { Badge::new(Tone::Good, "Works") };
        Self { scopes: parse_scopes(&key.scopes).iter().collect(), badge, key }
    }
}

/// Shows one's API keys, without their secrets.
#[utoipa::path(
    get, path = "/admin/team/api-keys", tag = "team", operation_id = "keys_page", responses((status = 200))
)]
async fn keys_page(State(bank): State<Bank>, staff: Staff) -> Result<Response, Problem> {
    show(&bank, &staff, &Forms::default()).await
}

async fn show(bank: &Bank, staff: &Staff, forms: &Forms) -> Result<Response, Problem> {
    let keys = service::list_api_keys(bank, &staff.caller).await?;
    // Managing keys and profiles stays with people.
    let grantable = staff.caller.permissions.iter();
    let grantable =
        grantable.filter(|one| !matches!(one, Permission::ManageApiKeys | Permission::ManageProfile));
    let choice = |permission: Permission| ScopeChoice {
        permission,
        is_chosen: forms.is_chosen("key", "scopes", permission.as_str(), ""),
    };
    let page = KeysPage {
        look: &staff.look,
        title: "API keys",
        forms,
        rows: keys.into_iter().map(|key| Row::of(key, &staff.look)).collect(),
        choices: grantable.map(choice).collect(),
        days: USUAL_DAYS,
    };
    staff.show_with(forms, &page)
}

/// Makes a key and shows its text, this once. Sent again, the form makes no second key, and shows nothing.
#[utoipa::path(
    post, path = "/admin/team/api-keys", tag = "team", operation_id = "console_make_api_key",
    responses((status = 200))
)]
async fn make_key(
    State(bank): State<Bank>,
    staff: Staff,
    key: IdempotencyKey,
    sent: Sent,
) -> Result<Response, Problem> {
    let outcome = make(&bank, &staff, &key, &sent).await;
    match sent.judged("key", outcome)? {
        Ok(Some((key, text))) => staff.show(&KeyMadePage { look: &staff.look, title: "API key", key, text }),
        Ok(None) => Ok(staff.done(KEYS, "This key was made already, and its text is shown only once.")),
        Err(forms) => show(&bank, &staff, &forms).await,
    }
}

/// Makes the key, unless this very form did so before.
async fn make(
    bank: &Bank,
    staff: &Staff,
    key: &IdempotencyKey,
    sent: &Sent,
) -> Result<Option<(ApiKey, Secret<String>)>, Problem> {
    let name: FullName = sent.parsed("name")?;
    let scopes: Result<Permissions, _> = sent.all("scopes").map(str::parse::<Permission>).collect();
    let scopes = scopes.map_err(|_| Problem::invalid_field("/scopes", "no such permission"))?;
    if scopes == Permissions::NONE {
        return Err(Problem::invalid_field("/scopes", "choose at least one"));
    }
    let new = NewApiKey { name: name.as_str().to_owned(), scopes, days: sent.parsed("expires_in_days")? };
    let (answer, made) = match idempotency::begin(bank, &staff.caller, key).await? {
        Begun::Replay(answer) => (answer, None),
        Begun::Fresh(attempt) => {
            let (outcome, made) = match service::create_api_key(bank, attempt.tx(), &staff.caller, new).await
            {
                // What is kept for a repetition says that there is a key, never its text.
                Ok(made) => (Ok((StatusCode::CREATED, json!({ "id": made.0.id }))), Some(made)),
                Err(error) => (Err(Problem::from(error)), None),
            };
            (attempt.finish(outcome).await?, made)
        }
    };
    idempotency::told(answer).await?;
    Ok(made)
}

/// Ends one of one's keys, at once.
#[utoipa::path(
    post, path = "/admin/team/api-keys/{id}/revoke", tag = "team", operation_id = "console_revoke_api_key",
    responses((status = 303))
)]
async fn revoke_key(
    State(bank): State<Bank>,
    staff: Staff,
    Path(id): Path<ApiKeyId>,
) -> Result<Response, Problem> {
    service::revoke_api_key(&bank, &staff.caller, id).await?;
    Ok(staff.done(KEYS, "The key is revoked. It opens nothing any more."))
}
