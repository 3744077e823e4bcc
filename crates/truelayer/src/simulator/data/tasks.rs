//! Asynchronous reads: queued for a second, running for another, then done and reported.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use chrono::{Duration, SecondsFormat};
use http::{HeaderMap, Uri};
use serde_json::json;
use url::Url;

use super::guard;
use super::serve::{Permitted, ask, dressed};
use crate::simulator::reply::{Refused, json_bytes};
use crate::simulator::shared::{Handle, Shared};
use crate::simulator::token;
use crate::simulator::webhooks::Delivery;
use crate::simulator::world::{Task, World};

/// How long a task waits, and how long it runs.
const STEP: Duration = Duration::seconds(1);

/// Queues a read; the bank is asked at once, and the answer kept back.
pub(super) fn queue(
    shared: &Shared,
    world: &mut World,
    permitted: &Permitted,
    (uri, webhook): (&Uri, Option<&Url>),
    attended: bool,
) -> Response {
    let now = shared.now();
    let id = token::uuid(&shared.random);
    let outcome = ask(shared, world, permitted, attended).map_err(|_| ());
    let results_uri = crate::environment::join(&shared.api, ["data", "v1", "results", &id]);
    let request_uri = shared.api.join(uri.path()).unwrap_or_else(|_| shared.api.clone());
    if let Some(webhook) = webhook {
        let body = json!({
            "request_timestamp": now.to_rfc3339_opts(SecondsFormat::Micros, true),
            "request_uri": request_uri,
            "results_uri": results_uri,
            "credentials_id": permitted.credential.id,
            "task_id": id,
            "status": if outcome.is_ok() { "Succeeded" } else { "Failed" },
        });
        let body = body.to_string().into_bytes();
        world.outbox.push(Delivery::unsigned(webhook.clone(), body, now + STEP * 2));
    }
    let task = Task { credentials_id: permitted.credential.id.clone(), begun_at: now, outcome };
    world.tasks.insert(id.clone(), task);
    let body = json!({ "results_uri": results_uri, "status": "Queued", "task_id": id });
    json_bytes(202, body.to_string().into_bytes())
}

/// Answers with the results, or with how far they are.
pub(super) async fn results(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let now = shared.now();
    let world = shared.world();
    let credential = match guard::open(&world, &headers, now) {
        Ok(credential) => credential,
        Err(refused) => return dressed(refused.into_response(), &shared, None),
    };
    let of_this_link = |task: &&Task| task.credentials_id == credential.id;
    let answer = match world.tasks.get(&id).filter(of_this_link) {
        None => Refused::new(404, "not_found", "Not found").into_response(),
        Some(task) if now - task.begun_at < STEP => unfinished("Queued"),
        Some(task) if now - task.begun_at < STEP * 2 => unfinished("Running"),
        Some(Task { outcome: Ok(body), .. }) => json_bytes(200, body.clone()),
        Some(Task { outcome: Err(()), .. }) => unfinished("Failed"),
    };
    dressed(answer, &shared, Some(&credential.id))
}

fn unfinished(status: &str) -> Response {
    json_bytes(200, json!({ "results": [], "status": status }).to_string().into_bytes())
}
