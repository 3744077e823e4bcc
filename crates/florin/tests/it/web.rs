//! What holds for every route: ids, problems, headers, limits (B16 of the reliability battery).

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use bank::settings::{Environment, RateLimits};
use bank::web::{Json, Limits, ListQuery, Problem, Query};
use bank::{Bank, Caller};
use kernel::{Actor, RequestId, UserId};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::harness::{Answer, App, Call};

const LIMITS: Limits = Limits { body_bytes: 1000, time: Duration::from_millis(300) };

#[utoipa::path(get, path = "/things", params(ListQuery), responses((status = 200, body = Value)))]
async fn list(Query(query): Query<ListQuery>) -> Result<Json<Value>, Problem> {
    let page = query.page()?;
    Ok(Json(json!({ "items": vec!["a thing"; page.limit.into()] })))
}

#[utoipa::path(post, path = "/things", responses((status = 200, body = Value)))]
async fn echo(Json(body): Json<Value>) -> Json<Value> {
    Json(body)
}

#[utoipa::path(get, path = "/mine", responses((status = 200, body = Value)))]
async fn mine(caller: Caller) -> Result<Json<Value>, Problem> {
    caller.require(bank::Permission::MoveClock)?;
    Ok(Json(json!({})))
}

#[utoipa::path(get, path = "/panic", responses((status = 500)))]
async fn panicking() -> Json<Value> {
    panic!("a secret of the implementation")
}

#[utoipa::path(get, path = "/failing", responses((status = 500)))]
async fn failing() -> Problem {
    Problem::internal(&std::io::Error::other("a secret of the implementation"))
}

#[utoipa::path(get, path = "/teapot", responses((status = 418)))]
async fn teapot() -> (StatusCode, &'static str) {
    (StatusCode::IM_A_TEAPOT, "plain words")
}

#[utoipa::path(get, path = "/endless", responses((status = 200)))]
async fn endless() -> Response {
    std::future::pending().await
}

fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(list, echo))
        .routes(routes!(mine))
        .routes(routes!(panicking))
        .routes(routes!(failing))
        .routes(routes!(teapot))
        .routes(routes!(endless))
}

async fn app() -> App {
    App::with_routes(routes(), LIMITS, |_| ()).await
}

fn customer() -> Caller {
    let actor = Actor::Customer(UserId::from_uuid(Uuid::from_u128(1)));
    let permissions = bank::Permissions::NONE;
    Caller { actor, permissions, ..Caller::system(RequestId::from_uuid(Uuid::from_u128(1))) }
}

fn json_kind(call: Call<'_>) -> Call<'_> {
    call.header("content-type", "application/json")
}

/// Reaches every status that the layers and the extractors can give.
fn one_call_per_status(app: &App) -> Vec<(u16, Call<'_>)> {
    let slow = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    vec![
        (200, app.get("/api/v1/things")),
        (200, app.get("/api/things")),
        (200, app.get("/docs")),
        (200, app.get("/docs/style.css")),
        (200, app.get("/livez")),
        (400, json_kind(app.post("/api/v1/things")).body("{")),
        (401, app.get("/api/v1/mine")),
        (403, app.get("/api/v1/mine").extension(customer())),
        (404, app.get("/api/v1/nothing")),
        (404, app.get("/")),
        (405, app.request(Method::DELETE, "/api/v1/things")),
        (405, app.request(Method::TRACE, "/api/v1/things")),
        (405, app.request(Method::TRACE, "/livez")),
        (408, json_kind(app.post("/api/v1/things")).body(slow)),
        (413, app.post("/api/v1/things").json(&"x".repeat(1001))),
        (415, app.post("/api/v1/things").body("{}")),
        (418, app.get("/api/v1/teapot")),
        (422, app.get("/api/v1/things?limit=0")),
        (500, app.get("/api/v1/panic")),
        (500, app.get("/api/v1/failing")),
        (503, app.get("/api/v1/endless")),
    ]
}

#[track_caller]
fn assert_headers(answer: &Answer, is_production: bool, what: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("server", ""),
    ] {
        assert_eq!(answer.header(name), value, "{name} of {what}");
    }
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{part} of {what}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{what}: {policy}");
    assert!(answer.header("permissions-policy").contains("camera=()"), "{what}");
    assert!(answer.header("x-request-id").starts_with("req_"), "{what}");
    let transport = if is_production { "max-age=63072000; includeSubDomains" } else { "" };
    assert_eq!(answer.header("strict-transport-security"), transport, "{what}");
}

#[track_caller]
fn assert_problem(answer: &Answer, what: &str) {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    let body = answer.json();
    assert_eq!(body["request_id"], answer.header("x-request-id"), "{what}");
    assert_eq!(body["status"], answer.status.as_u16(), "{what}");
    let code = body["code"].as_str().unwrap_or_default();
    assert_eq!(body["type"], format!("urn:florin:problem:{code}"), "{what}");
    assert!(!answer.text().contains("secret"), "{what}: {}", answer.text());
}

#[tokio::test]
async fn every_status_carries_the_headers_and_every_refusal_is_a_problem() {
    for environment in [Environment::Development, Environment::Production] {
        let app = App::with_routes(routes(), LIMITS, |settings| settings.environment = environment).await;
        for (status, call) in one_call_per_status(&app) {
            let what = format!("{status} in {environment:?}");
            let answer = call.send().await.expect(status);
            assert_headers(&answer, environment == Environment::Production, &what);
            if status >= 400 {
                assert_problem(&answer, &what);
            }
        }
    }
}

#[tokio::test]
async fn every_documented_route_answers_anonymously_with_a_declared_status_on_both_spellings() {
    let app = App::new().await;
    let document = serde_json::to_value(&app.document).unwrap();
    for (template, item) in document["paths"].as_object().unwrap() {
        assert!(template.starts_with("/api/v1/"), "{template}");
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            let path = template.replace(['{', '}'], "x");
            for path in [path.clone(), path.replacen("/api/v1/", "/api/", 1)] {
                let what = format!("{method} {path}");
                let answer = app.request(method.clone(), &path).json(&json!({})).send().await;
                let status = answer.status.as_u16().to_string();
                assert!(operation["responses"].get(&status).is_some(), "{what}: {status} is not declared");
                assert!(answer.status.as_u16() < 500, "{what}: {}", answer.text());
                assert_headers(&answer, false, &what);
                if answer.status.as_u16() >= 400 {
                    assert_problem(&answer, &what);
                }
                let trace = app.request(Method::TRACE, &path).send().await.expect(405);
                assert_problem(&trace, &what);
            }
        }
    }
}

#[tokio::test]
async fn a_panic_and_a_failure_give_the_same_body() {
    let app = app().await;
    let without_id = |answer: Answer| {
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    let panicked = without_id(app.get("/api/v1/panic").send().await.expect(500));
    assert_eq!(panicked, without_id(app.get("/api/v1/failing").send().await.expect(500)));
    assert_eq!(panicked["code"], "internal_error");
    assert_eq!(panicked["detail"], Value::Null);
}

#[tokio::test]
async fn a_refusal_of_method_says_which_methods_there_are() {
    let app = app().await;
    let answer = app.request(Method::DELETE, "/api/v1/things").send().await;
    let answer = answer.refused(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET,HEAD,POST");
    app.post("/livez").send().await.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn the_probes_answer() {
    let app = App::new().await;
    assert_eq!(app.get("/livez").send().await.expect(200).text(), "alive\n");
    assert_eq!(app.get("/readyz").send().await.expect(200).text(), "ready\n");
}

#[tokio::test]
async fn a_request_id_is_taken_from_our_proxies_only() {
    let net = "10.0.0.0/8".parse().unwrap();
    let app = App::with_routes(routes(), LIMITS, |settings| settings.trusted_proxies = vec![net]).await;
    let given = "req_01h2e8kqvbfwea724h75qc655w";
    let ask =
        |address: &str, id: &str| app.get("/livez").from_address(address).header("x-request-id", id).send();
    assert_eq!(ask("10.0.0.1", given).await.header("x-request-id"), given);
    assert_eq!(ask("10.0.0.1", "01889c89-df6b-7f1c-a388-91396ec314bc").await.header("x-request-id"), given);
    for (address, id) in [("203.0.113.9", given), ("10.0.0.1", "'; drop table"), ("10.0.0.1", "")] {
        let answer = ask(address, id).await;
        let made = answer.header("x-request-id");
        assert!(made != given && made.parse::<RequestId>().is_ok(), "{made}");
    }
}

async fn app_with_two_reads_a_minute() -> App {
    App::with_routes(routes(), LIMITS, |settings| {
        settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        settings.rate_limits =
            RateLimits { sign_in: 2, read: 2, write: 2, expensive: 2, bank_link: 2, bank_data: 2 };
    })
    .await
}

#[tokio::test]
async fn a_forged_forwarding_header_moves_nothing() {
    let app = app_with_two_reads_a_minute().await;
    let ask = |peer: &str, forwarded: &str| {
        app.get("/api/v1/things").from_address(peer).header("x-forwarded-for", forwarded).send()
    };
    ask("203.0.113.9", "198.51.100.1").await.expect(200);
    ask("203.0.113.9", "198.51.100.2").await.expect(200);
    let refused = ask("203.0.113.9", "198.51.100.3").await.refused(429, "too_many_requests");
    assert_problem(&refused, "429");
    assert_headers(&refused, false, "429");
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=31).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit-limit"), "2");
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    ask("203.0.113.10", "203.0.113.9").await.expect(200);
    // Behind our proxy each client is itself, whatever it wrote to the left.
    for client in ["198.51.100.1", "1.1.1.1, 198.51.100.1"] {
        ask("10.0.0.1", client).await.expect(200);
    }
    ask("10.0.0.1", "2.2.2.2, 198.51.100.1").await.refused(429, "too_many_requests");
    ask("10.0.0.1", "198.51.100.2").await.expect(200);
}

#[tokio::test]
async fn whoever_is_signed_in_is_counted_by_name_and_probes_are_not_counted() {
    let app = app_with_two_reads_a_minute().await;
    for (address, status) in [("192.0.2.1", 403), ("192.0.2.2", 403), ("192.0.2.3", 429)] {
        app.get("/api/v1/mine").extension(customer()).from_address(address).send().await.expect(status);
    }
    app.get("/api/v1/things").from_address("192.0.2.1").send().await.expect(200);
    app.post("/api/v1/things").extension(customer()).json(&json!({})).send().await.expect(200);
    for _ in 0..5 {
        app.get("/livez").send().await.expect(200);
    }
}

#[tokio::test]
async fn a_repeated_or_unfit_parameter_is_refused_by_name() {
    let app = app().await;
    for (query, name) in [("limit=1&limit=1", "limit"), ("limit=x", "limit"), ("after=%00", "after")] {
        let answer = app.get(&format!("/api/v1/things?{query}")).send().await.refused(422, "invalid_input");
        assert_eq!(answer.json()["errors"][0]["pointer"], name, "{query}");
    }
}

#[tokio::test]
async fn browsers_may_call_from_the_listed_origins_only() {
    let app = App::with_routes(routes(), LIMITS, |settings| {
        settings.cors_origins = vec!["https://app.example.com".to_owned()];
    })
    .await;
    let preflight = |origin: &str| {
        let call = app.request(Method::OPTIONS, "/api/v1/things").header("origin", origin);
        call.header("access-control-request-method", "POST")
            .header("access-control-request-headers", "idempotency-key,content-type")
            .send()
    };
    let allowed = preflight("https://app.example.com").await.expect(200);
    assert_eq!(allowed.header("access-control-allow-origin"), "https://app.example.com");
    assert_eq!(allowed.header("access-control-allow-credentials"), "true");
    assert!(allowed.header("access-control-allow-headers").contains("idempotency-key"));
    for origin in ["https://app.example.com.evil.test", "http://app.example.com", "null"] {
        assert_eq!(preflight(origin).await.header("access-control-allow-origin"), "", "{origin}");
        let answer = app.get("/api/v1/things").header("origin", origin).send().await.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
    let answer = app.get("/api/v1/things").header("origin", "https://app.example.com").send().await;
    assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
    assert!(answer.header("access-control-expose-headers").contains("x-request-id"));
}

#[tokio::test]
async fn long_answers_are_compressed_and_short_ones_are_not() {
    let app = app().await;
    let ask = |limit: u16| {
        app.get(&format!("/api/v1/things?limit={limit}")).header("accept-encoding", "gzip").send()
    };
    let long = ask(200).await.expect(200);
    assert_eq!(long.header("content-encoding"), "gzip");
    assert_eq!(long.bytes[..2], [0x1f, 0x8b]);
    let short = ask(1).await.expect(200);
    assert_eq!(short.header("content-encoding"), "");
    assert_eq!(short.json(), json!({ "items": ["a thing"] }));
}

#[tokio::test]
async fn what_a_client_has_already_is_not_sent_again() {
    let app = app().await;
    for path in ["/docs", "/docs/problems", "/docs/style.css", "/api/openapi.json"] {
        let first = app.get(path).send().await.expect(200);
        let again = app.get(path).header("if-none-match", first.header("etag")).send().await.expect(304);
        assert!(again.bytes.is_empty());
        assert_headers(&again, false, path);
        app.get(path).header("if-none-match", "\"other\"").send().await.expect(200);
    }
}

#[tokio::test]
async fn the_pages_show_every_operation_without_script_or_inline_style() {
    let app = App::new().await;
    let page = app.get("/docs").send().await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let problems = app.get("/docs/problems").send().await.expect(200).text();
    for html in [page.text(), problems.clone()] {
        for banned in ["<script", " style=", " onclick", "javascript:", "http://", "https://"] {
            let found = html.replace("http://127.0.0.1:8080", "");
            assert!(!found.contains(banned), "{banned}");
        }
    }
    assert!(problems.contains("insufficient_funds") || problems.contains("idempotency_key_reused"));
    let document = app.get("/api/openapi.json").send().await.expect(200).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let tags: Vec<&Value> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(page.text().contains(&format!("<code>{path}</code>")), "{path}");
        for operation in item.as_object().unwrap().values() {
            assert!(tags.contains(&&operation["tags"][0]), "{path} has a tag that web/document.rs explains");
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} names two operations");
        }
    }
    assert!(page.header("content-security-policy").contains("style-src 'self'"));
}
