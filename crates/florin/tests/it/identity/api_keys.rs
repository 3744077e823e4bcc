//! API keys: part of what their owner may, for a time.

use axum::http::Method;
use bank::Role;
use chrono::Duration;
use serde_json::{Value, json};

use crate::harness::{Answer, App, Person};

async fn create(app: &App, person: &Person, scopes: Value, days: i64) -> Answer {
    let body = json!({ "name": "accounting", "scopes": scopes, "expires_in_days": days });
    app.post("/api/v1/api-keys").by(person).json(&body).send().await
}

async fn users(app: &App, key: &str) -> Answer {
    app.get("/api/v1/users").bearer(key).send().await
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_until_it_ends() {
    let app = App::new().await;
    let agent = app.staff(Role::Support).await;
    let made = create(&app, &agent, json!(["users:read"]), 30).await.expect(201).json();
    let key = made["key"].as_str().expect("a key");
    assert!(key.starts_with("fk_"), "{key}");
    users(&app, key).await.expect(200);
    app.get("/api/v1/me").bearer(key).send().await.refused(403, "forbidden");
    app.get("/api/v1/api-keys").bearer(key).send().await.refused(403, "forbidden");
    let wrong = format!("{}x", &key[..key.len() - 1]);
    users(&app, &wrong).await.refused(401, "unauthenticated");
    let list = app.get("/api/v1/api-keys").by(&agent).send().await.expect(200).json();
    assert_eq!(list["items"][0]["id"], made["id"]);
    assert_eq!(list["items"][0]["last_used_at"], json!("2026-03-02T09:00:00Z"));
    assert!(list["items"][0].get("key").is_none(), "the secret is shown once");
    app.bank.clock.advance(Duration::days(30));
    users(&app, key).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_is_never_wider_than_its_owner_and_manages_nobody() {
    let app = App::new().await;
    let agent = app.staff(Role::Support).await;
    for scopes in [json!([]), json!(["cash:operate"]), json!(["api_keys:manage"]), json!(["profile:manage"])]
    {
        let refused = create(&app, &agent, scopes, 30).await.refused(422, "invalid_input");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/scopes");
    }
    create(&app, &agent, json!(["no:such"]), 30).await.refused(422, "invalid_input");
    for days in [0, 367] {
        create(&app, &agent, json!(["users:read"]), days).await.refused(422, "invalid_input");
    }
}

#[tokio::test]
async fn a_key_narrows_with_its_owner_and_ends_with_a_word() {
    let app = App::new().await;
    let admin = app.staff(Role::Admin).await;
    let agent = app.staff(Role::Support).await;
    let made = create(&app, &agent, json!(["users:read", "users:note"]), 30).await.expect(201).json();
    let key = made["key"].as_str().expect("a key");
    let note = |text: &str| {
        let path = format!("/api/v1/users/{}/notes", agent.user_id);
        app.post(&path).bearer(key).json(&json!({ "text": text }))
    };
    note("first").send().await.expect(201);
    let path = format!("/api/v1/users/{}/roles", agent.user_id);
    let body = json!({ "roles": ["auditor"], "reason": "moves" });
    app.post(&path).by(&admin).json(&body).send().await.expect(204);
    users(&app, key).await.expect(200);
    note("second").send().await.refused(403, "forbidden");
    let path = format!("/api/v1/api-keys/{}", made["id"].as_str().expect("an id"));
    app.request(Method::DELETE, &path).by(&admin).send().await.refused(404, "not_found");
    app.request(Method::DELETE, &path).by(&agent).send().await.expect(204);
    users(&app, key).await.refused(401, "unauthenticated");
    app.request(Method::DELETE, &path).by(&agent).send().await.refused(404, "not_found");
}
