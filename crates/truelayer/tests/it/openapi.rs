//! Client and simulator against the vendor's descriptions.

pub mod description;
mod examples;
mod requests;

use description::{CONTRADICTIONS, Description};
use reqwest::Method;
use serde_json::{Value, json};
use truelayer::data::AccountType;
use truelayer::simulator::{Fault, FaultKind};
use truelayer::{Scopes, Tokens};
use url::Url;

use crate::stage::{Returned, Stage, refresh_token};

/// Asks as plainly as possible: no client of ours in between.
async fn ask(method: Method, url: Url, token: Option<&str>, body: Option<Value>) -> (u16, Value) {
    let mut request = reqwest::Client::new().request(method, url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default())
}

#[test]
fn each_contradiction_is_the_vendors_own() {
    let Some(data) = Description::read("data-api-v1") else { return };
    for contradiction in &CONTRADICTIONS {
        let example = &data.document()["components"]["examples"][contradiction.example]["value"];
        let status = if contradiction.operation.starts_with("post") { 400 } else { 200 };
        let schema = data.answer(contradiction.operation, status).expect("a schema");
        let misfits = data.misfits(schema, example);
        assert!(
            misfits.iter().any(|place| place == contradiction.place),
            "{} {misfits:?}",
            contradiction.example
        );
    }
}

#[test]
fn a_wrong_answer_would_be_noticed() {
    let Some(data) = Description::read("data-api-v1") else { return };
    let schema = data.answer("get /accounts/{account_id}/balance", 200).expect("a schema");
    let wrong = json!({ "results": [{ "currency": "GBP", "current": "12.00" }, { "current": 1 }] });
    assert_eq!(data.misfits(schema, &wrong), ["/results/*/currency", "/results/*/current"]);
}

/// Links with the scopes that the description knows of, which lack two that its own operations ask for.
async fn linked(stage: &Stage, scopes: &str) -> Tokens {
    let verifier = truelayer::CodeVerifier::generate(&stage.random);
    let link = stage.link_for("mock", &verifier.challenge(), &Scopes::from_list(scopes));
    let callback = stage.walk(&truelayer::simulator::Authorization::of(link));
    stage.exchange(&Returned { callback, verifier }).await.expect("tokens")
}

#[tokio::test]
async fn every_read_fits_its_description() {
    let Some(data) = Description::read("data-api-v1") else { return };
    let stage = Stage::sandbox().await;
    let described = linked(&stage, "info accounts balance transactions cards offline_access").await;
    let api = stage.simulator.environment().api().clone();
    let url = |path: &str| api.join(&format!("data/v1{path}")).expect("an address");
    let (status, me) = ask(Method::GET, url("/me"), Some(described.access_token.expose()), None).await;
    data.hold("get /me", status, &me);

    let tokens = stage.john().await;
    let token = Some(tokens.access_token.expose());
    let account = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let savings = stage.account(&tokens.access_token, AccountType::Savings).await;
    let (_, cards) = ask(Method::GET, url("/cards"), token, None).await;
    let card = cards["results"][0]["account_id"].as_str().expect("a card").to_owned();
    let mut held = 0;
    for operation in data.operations() {
        let Some(template) = operation.strip_prefix("get /").filter(|path| !path.starts_with("batch")) else {
            continue;
        };
        for id in [&account, &savings, &card] {
            let path = format!("/{}", template.replace("{account_id}", id));
            let is_foreign =
                template.contains("{account_id}") && template.starts_with("cards") != (id == &card);
            let (status, answer) = ask(Method::GET, url(&path), token, None).await;
            assert_eq!(status, if is_foreign { 404 } else { 200 }, "{path}");
            if template != "me" {
                data.hold(&operation, status, &answer);
                held += 1;
            }
        }
        if template.contains('/') || template.ends_with('s') {
            let path = format!(
                "/{}?async=true",
                template
                    .replace("{account_id}", if template.starts_with("cards") { &card } else { &account })
            );
            let (status, answer) = ask(Method::GET, url(&path), token, None).await;
            assert_eq!(status, 202, "{path}");
            data.hold(&operation, status, &answer);
        }
    }
    assert_eq!(held, 13 * 3, "every read but me, thrice");
}

#[tokio::test]
async fn every_refusal_fits_its_description() {
    let Some(data) = Description::read("data-api-v1") else { return };
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let token = tokens.access_token.expose();
    let account = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let api = stage.simulator.environment().api().clone();
    let url = |path: &str| api.join(&format!("data/v1{path}")).expect("an address");
    let operation = "get /accounts/{account_id}/transactions";
    let path = format!("/accounts/{account}/transactions");
    for (path, token, expected) in [
        (format!("{path}?from=2000-01-01"), token, 400),
        (format!("{path}?from=x"), token, 400),
        (path.clone(), "invented", 401),
        ("/accounts/nobody/transactions".to_owned(), token, 404),
    ] {
        let (status, answer) = ask(Method::GET, url(&path), Some(token), None).await;
        assert_eq!(status, expected, "{path}");
        data.hold(operation, status, &answer);
    }
    for (status, code) in [
        (403, "sca_exceeded"),
        (429, "provider_too_many_requests"),
        (500, "internal_server_error"),
        (501, "endpoint_not_supported"),
        (503, "provider_error"),
        (504, "provider_timeout"),
    ] {
        let kind = FaultKind::Refuse { status, code: code.to_owned() };
        stage.simulator.control().add_fault(Fault { path: String::new(), kind, count: 1 });
        let (answered, answer) = ask(Method::GET, url(&path), Some(token), None).await;
        assert_eq!(answered, status);
        data.hold(operation, status, &answer);
    }
    let extension = json!({
        "user_has_reconfirmed_consent": true, "client_id": "sandbox-demo", "client_secret": "sandbox-demo-secret",
        "user": { "name": "John Doe" }, "refresh_token": refresh_token(&tokens).expose(),
        "redirect_uri": stage.redirect_uri, "state": "s",
    });
    let with = |field: &str, value: Value| {
        let mut body = extension.clone();
        body[field] = value;
        Some(body)
    };
    for (body, expected) in [
        (Some(extension.clone()), 200),
        (with("user_has_reconfirmed_consent", false.into()), 400),
        (with("client_id", Value::Null), 400),
        (with("refresh_token", "invented".into()), 401),
    ] {
        let (status, answer) = ask(Method::POST, url("/connections/extend"), None, body).await;
        assert_eq!(status, expected);
        data.hold("post /connections/extend", status, &answer);
    }
}

#[tokio::test]
async fn the_auth_server_fits_its_description() {
    let Some(auth) = Description::read("authentication-api") else { return };
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let base = stage.simulator.environment().auth().clone();
    let url = |path: &str| base.join(path).expect("an address");
    let own = json!({ "client_id": "sandbox-demo", "client_secret": "sandbox-demo-secret" });
    let grant = |more: Value| {
        let mut body = own.clone();
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        Some(body)
    };
    for (body, expected) in [
        (grant(json!({ "grant_type": "client_credentials", "scope": "payments" })), 200),
        (
            grant(json!({ "grant_type": "refresh_token", "refresh_token": refresh_token(&tokens).expose() })),
            200,
        ),
        (grant(json!({ "grant_type": "refresh_token", "refresh_token": "invented" })), 400),
        (grant(json!({ "grant_type": "password" })), 400),
    ] {
        let (status, answer) = ask(Method::POST, url("connect/token"), None, body).await;
        assert_eq!(status, expected);
        auth.hold("post /connect/token", status, &answer);
    }
    let tokens = stage.client.refresh(refresh_token(&tokens)).await.expect("tokens");
    let token = tokens.access_token.expose();
    let debug = json!({ "access_token": token });
    let link = json!({
        "response_type": "code", "client_id": "sandbox-demo", "redirect_uri": stage.redirect_uri, "scope": "accounts",
        "consent_id": "c", "provider_id": "mock", "state": "s",
    });
    let reauth = json!({
        "response_type": "code", "refresh_token": refresh_token(&tokens).expose(), "redirect_uri": stage.redirect_uri,
    });
    for (method, path, body, statuses) in [
        (Method::POST, "api/debug", Some(debug), [200, 401]),
        (Method::DELETE, "api/debug", None, [200, 401]),
        (Method::POST, "v1/authuri", Some(link), [200, 200]),
        (Method::POST, "v1/reauthuri", Some(reauth), [200, 200]),
        (Method::DELETE, "api/delete", None, [200, 200]),
    ] {
        let operation = format!("{} /{path}", method.as_str().to_lowercase());
        let (status, answer) = ask(method.clone(), url(path), Some(token), body).await;
        assert_eq!(status, statuses[0], "{operation}");
        auth.hold(&operation, status, &answer);
        if statuses[1] == 401 {
            let wrong = (method == Method::POST).then(|| json!({ "access_token": "invented" }));
            let (status, answer) = ask(method, url(path), Some("invented"), wrong).await;
            assert_eq!(status, 401, "{operation}");
            auth.hold(&operation, status, &answer);
        }
    }
}

/// The description of the list of banks describes one bank, with a field fewer than its own example has: so the answer
/// is held against the example.
#[tokio::test]
async fn the_list_of_banks_has_the_shape_of_the_vendors_example() {
    let Some(auth) = Description::read("authentication-api") else { return };
    let example = &auth.document()["components"]["examples"]["GetProviders200Response"]["value"];
    let fields = |bank: &Value| bank.as_object().expect("a bank").keys().cloned().collect::<Vec<_>>();
    let stage = Stage::live().await;
    let url = stage.simulator.environment().auth().join("api/providers").expect("an address");
    let (status, answer) = ask(Method::GET, url, None, None).await;
    assert_eq!(status, 200);
    for bank in answer.as_array().expect("a list") {
        assert_eq!(fields(bank), fields(&example[0]), "{bank}");
        assert!(bank["scopes"].is_array() && bank["availability"]["recommended_status"].is_string());
    }
}
