//! Fields that nobody may set are refused by name, and nothing of the request is stored.

use axum::http::Method;
use bank::Role;
use serde_json::{Value, json};

use super::FORBIDDEN_FIELDS;
use super::world::{Who, World};
use crate::harness::{Answer, PASSWORD, Person};

/// Sends `body` with one more field, and insists that the field is what is wrong.
async fn refused(world: &World, by: &Person, (method, path): (Method, &str), (body, field): (&Value, &str)) {
    let mut body = body.clone();
    body[field] = json!("admin");
    let call = world.app.request(method, path).by(by).json(&body);
    let problem = call.send().await.refused(422, "invalid_input").json();
    let detail = problem["errors"][0]["detail"].as_str().unwrap_or_default();
    assert!(detail.contains(field), "{path}: {problem}");
}

async fn get(world: &World, by: &Person, path: &str) -> Answer {
    world.app.get(path).by(by).send().await.expect(200)
}

#[tokio::test]
async fn a_profile_takes_no_role_and_no_level() {
    let world = World::new().await;
    let owner = world.owner();
    let before = get(&world, owner, "/api/v1/me").await.json();
    for field in FORBIDDEN_FIELDS {
        let body = json!({ "full_name": "Robin the Great", "locale": "de" });
        refused(&world, owner, (Method::PATCH, "/api/v1/me"), (&body, field)).await;
    }
    assert_eq!(get(&world, owner, "/api/v1/me").await.json(), before);
}

#[tokio::test]
async fn an_account_takes_no_balance_and_no_owner() {
    let world = World::new().await;
    let owner = world.owner();
    let path = format!("/api/v1/accounts/{}", world.account);
    let owners = format!("{path}/owners");
    let before = (get(&world, owner, &path).await.json(), get(&world, owner, &owners).await.json());
    for field in FORBIDDEN_FIELDS {
        refused(&world, owner, (Method::PATCH, &path), (&json!({ "nickname": "Mine" }), field)).await;
    }
    let after = (get(&world, owner, &path).await.json(), get(&world, owner, &owners).await.json());
    assert_eq!(after, before);
}

#[tokio::test]
async fn nobody_opens_an_account_with_money_in_it() {
    let world = World::new().await;
    let owner = world.owner();
    let before = get(&world, owner, "/api/v1/accounts").await.json();
    for field in FORBIDDEN_FIELDS {
        let body = json!({ "product": "current-gbp" });
        refused(&world, owner, (Method::POST, "/api/v1/accounts"), (&body, field)).await;
    }
    assert_eq!(get(&world, owner, "/api/v1/accounts").await.json(), before);
}

#[tokio::test]
async fn nobody_registers_as_staff_or_verified() {
    let world = World::new().await;
    let body = json!({ "email": "mallory@example.com", "password": PASSWORD, "full_name": "Mallory Doe" });
    for field in FORBIDDEN_FIELDS {
        let path = (Method::POST, "/api/v1/auth/register");
        refused(&world, world.person(Who::Stranger), path, (&body, field)).await;
    }
    let found = get(&world, world.person(Who::Admin), "/api/v1/users?search=mallory").await.json();
    assert_eq!(found["items"], json!([]));
    // The same without those fields is a customer whom nobody has verified yet.
    world.app.post("/api/v1/auth/register").json(&body).send().await.expect(202);
    let found = get(&world, world.person(Who::Admin), "/api/v1/users?search=mallory").await.json();
    assert_eq!(found["items"][0]["roles"], json!([Role::Customer]));
    assert_eq!(found["items"][0]["status"], "pending_verification");
}

#[tokio::test]
async fn a_batch_takes_no_fields_of_its_own_around_or_in_a_payment() {
    let world = World::new().await;
    let owner = world.owner();
    let payment = json!({
        "from_account_id": world.account, "to_account_id": world.purse(Who::Owner),
        "amount": { "amount_minor": 100, "currency": "GBP" },
    });
    for inside in [false, true] {
        let mut item = json!({ "id": "one", "transfer": payment });
        let at = if inside { &mut item["transfer"] } else { &mut item };
        at["status"] = json!("posted");
        let call = world.app.post("/api/v1/transfers/batch").by(owner).key(&format!("batch-{inside}"));
        call.json(&json!({ "items": [item] })).send().await.refused(422, "invalid_input");
    }
}
