//! The control API over HTTP: in the sandbox, and nowhere else.

use chrono::Duration;
use serde_json::{Value, json};
use truelayer::{Callback, CodeExchange, CodeVerifier};

use crate::stage::{Stage, attended, noon, read_return};

async fn send(stage: &Stage, method: reqwest::Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let url = stage.simulator.environment().auth().join(path).expect("an address");
    let mut request = reqwest::Client::new().request(method, url);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default())
}

async fn post(stage: &Stage, path: &str, body: Value) -> (u16, Value) {
    send(stage, reqwest::Method::POST, path, Some(body)).await
}

#[tokio::test]
async fn a_link_is_made_looked_at_used_and_revoked_without_a_browser() {
    let stage = Stage::sandbox().await;
    let verifier = CodeVerifier::generate(&stage.random);
    let link = stage.link("mock", &verifier.challenge());
    let (status, answer) = post(&stage, "sim/authorize", json!({ "link": link })).await;
    assert_eq!(status, 200);
    let redirect = answer["redirect"].as_str().expect("an address").parse().expect("an address");
    let Callback::Granted { code, .. } = read_return(&redirect) else { panic!("{redirect}") };
    let exchange = CodeExchange { code: &code, redirect_uri: &stage.redirect_uri, verifier: &verifier };
    let tokens = stage.client.exchange_code(&exchange).await.expect("tokens");
    let (_, overview) = send(&stage, reqwest::Method::GET, "sim", None).await;
    let name = overview["links"][0]["credentials_id"].as_str().expect("a link");
    assert_eq!(overview["links"][0]["consent_status"], "Authorised");
    let transaction =
        json!({ "credentials_id": name, "amount_minor": -1, "description": "ADDED", "pending": true });
    assert_eq!(post(&stage, "sim/transactions", transaction).await.0, 200);
    let settle = json!({ "credentials_id": name, "account": "current", "percent": 100 });
    let (_, settled) = post(&stage, "sim/transactions/settle", settle).await;
    assert!(settled["settled"].as_u64() >= Some(1), "{settled}");
    assert_eq!(post(&stage, "sim/links/revoke", json!({ "credentials_id": name })).await.0, 200);
    assert!(stage.client.accounts(&attended(&tokens.access_token)).await.is_err());
    assert_eq!(post(&stage, "sim/links/expire", json!({ "credentials_id": "nobody" })).await.0, 404);
    assert_eq!(post(&stage, "sim/authorize", json!({ "link": "http://x/?client_id=y" })).await.0, 422);
}

#[tokio::test]
async fn clock_modes_faults_and_seed_are_set_over_http() {
    let stage = Stage::sandbox().await;
    let (_, moved) = post(&stage, "sim/clock", json!({ "advance_seconds": 60 })).await;
    assert_eq!(moved["now"].as_str(), Some("2026-11-19T12:01:00Z"));
    post(&stage, "sim/clock", json!({ "at": "2026-12-24T18:00:00Z" })).await;
    assert_eq!(stage.now() - noon(), Duration::hours(35 * 24 + 6));
    let modes = json!({ "refresh": { "rotate_grace": { "seconds": 30 } }, "webhooks": ["duplicate", { "delay": 5 }] });
    assert_eq!(send(&stage, reqwest::Method::PUT, "sim/modes", Some(modes)).await.0, 200);
    let (_, modes) = send(&stage, reqwest::Method::GET, "sim/modes", None).await;
    assert_eq!(modes["refresh"]["rotate_grace"]["seconds"], 30);
    assert_eq!(modes["expires_in_seconds"], 3600, "what is not named is as usual");
    let fault = json!({ "path": "/connect", "kind": { "refuse": { "status": 503, "code": "provider_error" } }, "count": 2 });
    assert_eq!(post(&stage, "sim/faults", fault).await.0, 200);
    assert!(stage.client.client_token("payments").await.is_err());
    let (_, calls) = send(&stage, reqwest::Method::GET, "sim/calls", None).await;
    assert_eq!(calls["items"][0]["path"], "/connect/token");
    assert_eq!(post(&stage, "sim/reset", json!({ "seed": 2 })).await.0, 200);
    stage.client.client_token("payments").await.expect("the second fault is forgotten");
    assert_eq!(stage.simulator.control().links().len(), 0);
}

#[tokio::test]
async fn the_imitated_live_environment_has_no_levers() {
    let stage = Stage::live().await;
    for path in ["sim", "sim/calls", "sim/modes"] {
        assert_eq!(send(&stage, reqwest::Method::GET, path, None).await.0, 404, "{path}");
    }
    assert_eq!(post(&stage, "sim/clock", json!({ "advance_seconds": 60 })).await.0, 404);
    assert_eq!(stage.now(), noon());
}
