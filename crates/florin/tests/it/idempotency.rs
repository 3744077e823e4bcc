//! Repeated requests: one effect, one answer, byte for byte.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use bank::idempotency::{Begun, IdempotencyKey, begin, purge};
use bank::jobs::{self, JobFilter, NewJob};
use bank::web::{Json, Limits, Problem};
use bank::{Bank, Caller};
use chrono::Duration;
use futures_util::future::join_all;
use kernel::{Actor, ApiKeyId, PageRequest, RequestId, UserId};
use serde_json::{Value, json};
use tokio::sync::Notify;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::harness::{App, Call};

/// Holds a handler in the middle of its work.
#[derive(Default)]
struct Gate {
    entered: Notify,
    open: Notify,
}

/// Leaves a job behind as its effect, and ends as the body says.
#[utoipa::path(post, path = "/orders", responses((status = 201)))]
async fn order(
    State(bank): State<Bank>,
    Extension(gate): Extension<Arc<Gate>>,
    caller: Caller,
    key: IdempotencyKey,
    Json(body): Json<Value>,
) -> Result<Response, Problem> {
    let attempt = match begin(&bank, &caller, &key).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(attempt) => attempt,
    };
    jobs::enqueue(&bank, attempt.tx(), NewJob::new("test.order", json!({}))).await?;
    let outcome = match body["outcome"].as_str().unwrap_or_default() {
        "refused" => Err(Problem::refused("insufficient_funds", "Not enough").with("available_minor", 7)),
        "invalid" => Err(Problem::invalid_field("/amount", "must be positive")),
        "failed" => Err(Problem::unavailable(1)),
        "challenged" => {
            return attempt.postpone(Problem::refused("challenge_required", "Confirm first")).await;
        }
        "panicked" => panic!("in the middle of the work"),
        "held" => {
            gate.entered.notify_one();
            gate.open.notified().await;
            Ok((StatusCode::CREATED, json!({ "drawn": bank.random.below(u64::MAX) })))
        }
        _ => Ok((StatusCode::CREATED, json!({ "drawn": bank.random.below(u64::MAX) }))),
    };
    attempt.finish(outcome).await
}

async fn app() -> (App, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    let routes = OpenApiRouter::new().routes(routes!(order)).layer(Extension(gate.clone()));
    let app = App::with_routes(routes, Limits::USUAL, |_| ()).await;
    // A job is what an order leaves behind: it is counted, not run.
    app.leaves_jobs();
    (app, gate)
}

fn caller(actor: Actor) -> Caller {
    Caller { actor, ..Caller::system(RequestId::from_uuid(Uuid::from_u128(1))) }
}

fn alice() -> Caller {
    caller(Actor::Customer(UserId::from_uuid(Uuid::from_u128(10))))
}

fn ask<'a>(app: &'a App, key: &str, outcome: &str) -> Call<'a> {
    app.post("/api/v1/orders").extension(alice()).key(key).json(&json!({ "outcome": outcome }))
}

async fn effects(app: &App) -> usize {
    let page = jobs::list(app.bank.db.primary(), JobFilter::default(), PageRequest::first()).await.unwrap();
    page.items.len()
}

#[tokio::test]
async fn a_success_is_replayed_byte_for_byte_and_happens_once() {
    let (app, _) = app().await;
    let first = ask(&app, "k1", "").send().await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), "");
    for path in ["/api/v1/orders", "/api/orders"] {
        let again = app.post(path).extension(alice()).key("k1").json(&json!({ "outcome": "" }));
        let again = again.send().await.expect(201);
        assert_eq!(again.bytes, first.bytes, "{path}");
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("content-type"), first.header("content-type"));
        assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    }
    assert_eq!(effects(&app).await, 1);
}

#[tokio::test]
async fn a_refusal_of_the_domain_is_replayed_and_leaves_nothing_else() {
    let (app, _) = app().await;
    let first = ask(&app, "k1", "refused").send().await.refused(422, "insufficient_funds");
    let again = ask(&app, "k1", "refused").send().await.refused(422, "insufficient_funds");
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.json()["available_minor"], 7);
    assert_eq!(effects(&app).await, 0, "the refused work is undone");
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let (app, _) = app().await;
    let first = ask(&app, "k1", "").send().await.expect(201);
    ask(&app, "k1", "refused").send().await.refused(422, "idempotency_key_reused");
    assert_eq!(ask(&app, "k1", "").send().await.expect(201).bytes, first.bytes, "still there");
    assert_eq!(effects(&app).await, 1);
}

#[tokio::test]
async fn validation_and_failures_are_not_kept_and_the_key_stays_free() {
    let (app, _) = app().await;
    ask(&app, "k1", "invalid").send().await.refused(422, "invalid_input");
    ask(&app, "k1", "failed").send().await.refused(503, "unavailable");
    ask(&app, "k1", "panicked").send().await.refused(500, "internal_error");
    assert_eq!(effects(&app).await, 0);
    ask(&app, "k1", "").send().await.expect(201);
    assert_eq!(effects(&app).await, 1);
}

#[tokio::test]
async fn a_postponed_request_keeps_its_work_and_frees_its_key() {
    let (app, _) = app().await;
    ask(&app, "k1", "challenged").send().await.refused(422, "challenge_required");
    assert_eq!(effects(&app).await, 1);
    ask(&app, "k1", "").send().await.expect(201);
    assert_eq!(effects(&app).await, 2);
}

#[tokio::test]
async fn a_key_belongs_to_its_caller() {
    let (app, _) = app().await;
    let body = json!({});
    let id = Uuid::from_u128(10);
    let others = [
        Actor::Customer(UserId::from_uuid(id)),
        Actor::Customer(UserId::from_uuid(Uuid::from_u128(11))),
        Actor::Staff(UserId::from_uuid(id)),
        Actor::ApiKey(ApiKeyId::from_uuid(id)),
    ];
    for actor in others {
        let call = app.post("/api/v1/orders").extension(caller(actor)).key("k1").json(&body);
        let answer = call.send().await.expect(201);
        assert_eq!(answer.header("idempotency-replayed"), "", "{actor:?}");
    }
    assert_eq!(effects(&app).await, 4);
}

#[tokio::test]
async fn a_request_without_a_proper_key_is_refused_before_any_work() {
    let (app, _) = app().await;
    let call = app.post("/api/v1/orders").extension(alice()).json(&json!({}));
    call.send().await.refused(400, "idempotency_key_required");
    for key in ["", "two words", &"x".repeat(256)] {
        ask(&app, key, "").send().await.refused(422, "invalid_input");
    }
    ask(&app, &"x".repeat(255), "").send().await.expect(201);
    assert_eq!(effects(&app).await, 1);
}

#[tokio::test]
async fn twenty_twins_have_one_effect_and_one_answer() {
    let (app, _) = app().await;
    let answers = join_all((0..20).map(|_| ask(&app, "k1", "").send())).await;
    let fresh = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_empty()).count();
    assert_eq!(fresh, 1);
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        assert_eq!(answer.bytes, answers[0].bytes);
    }
    assert_eq!(effects(&app).await, 1);
}

#[tokio::test]
async fn a_twin_in_flight_is_waited_for_and_then_told_to_come_back() {
    let (app, gate) = app().await;
    let (first, twin) = tokio::join!(ask(&app, "k1", "held").send(), async {
        gate.entered.notified().await;
        let twin = ask(&app, "k1", "held").send().await;
        gate.open.notify_one();
        twin
    });
    assert_eq!(twin.refused(409, "request_in_flight").header("retry-after"), "1");
    let first = first.expect(201);
    assert_eq!(ask(&app, "k1", "held").send().await.expect(201).bytes, first.bytes);
    assert_eq!(effects(&app).await, 1);
}

#[tokio::test]
async fn another_request_that_waits_for_the_writer_is_not_told_of_a_twin() {
    let (app, gate) = app().await;
    let (first, other) = tokio::join!(ask(&app, "k1", "held").send(), async {
        gate.entered.notified().await;
        let other = ask(&app, "k2", "").send().await;
        gate.open.notify_one();
        other
    });
    match app.bank.db.engine() {
        database::Engine::Postgres => drop(other.expect(201)),
        database::Engine::Sqlite => drop(other.refused(503, "unavailable")),
    }
    first.expect(201);
}

#[tokio::test]
async fn answers_are_kept_thirty_days() {
    let (app, _) = app().await;
    let first = ask(&app, "k1", "").send().await.expect(201);
    app.bank.clock.advance(Duration::days(30));
    assert_eq!(purge(&app.bank).await.unwrap(), 0);
    assert_eq!(ask(&app, "k1", "").send().await.expect(201).bytes, first.bytes);
    app.bank.clock.advance(Duration::seconds(1));
    assert_eq!(purge(&app.bank).await.unwrap(), 1);
    assert_eq!(ask(&app, "k1", "").send().await.expect(201).header("idempotency-replayed"), "");
}
