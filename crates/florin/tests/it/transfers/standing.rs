//! What is remembered of a payer counts only as long as it is true: each test pays once, so that it is remembered,
//! then changes who may pay.

use axum::http::Method;
use bank::{Caller, Role};
use serde_json::{Value, json};

use super::joint::share;
use super::{Scene, know, own, pay, payer, scene, to};
use crate::harness::App;
use crate::people::{account, delete, id_of, path_of, person, post, signed};

/// Two accounts of Ada's; she has just paid from one to the other.
async fn warm() -> (Scene, Value) {
    let s = scene().await;
    let savings = account(&s.app, &s.ada).await;
    pay(&s.app, &s.ada, "warm", &own(&s.adas, &savings, 1)).await.expect(201);
    (s, savings)
}

/// Lets somebody pay from Ada's account to a payee known before, and pays once.
async fn attorney(s: &Scene) -> Caller {
    let eve = payer(&s.app).await;
    share(&s.app, &s.adas, &eve, "attorney_view_and_pay").await;
    know(&s.app, &eve, &s.bobs).await;
    pay(&s.app, &eve, "warm", &to(&s.adas, &s.bobs, 1)).await.expect(201);
    eve
}

async fn remove(app: &App, by: &Caller, account: &Value, owner: &Caller) {
    let path = path_of(account, &format!("/owners/{}", id_of(owner)));
    delete(app, by, &path).await.expect(204);
}

#[tokio::test]
async fn an_attorney_who_was_dismissed_pays_nothing_more() {
    let (s, _) = warm().await;
    let eve = attorney(&s).await;
    remove(&s.app, &s.ada, &s.adas, &eve).await;
    pay(&s.app, &eve, "1", &to(&s.adas, &s.bobs, 1)).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_node_that_has_not_heard_of_a_dismissal_finds_out_under_the_lock() {
    let (s, _) = warm().await;
    let eve = attorney(&s).await;
    let other = s.app.node(|_| ());
    pay(&other, &eve, "warm2", &to(&s.adas, &s.bobs, 1)).await.expect(201);
    remove(&s.app, &s.ada, &s.adas, &eve).await;
    pay(&other, &eve, "1", &to(&s.adas, &s.bobs, 1)).await.refused(404, "not_found");
    let items = json!({ "items": [{ "id": "a", "transfer": to(&s.adas, &s.bobs, 1) }] });
    let batch = signed(other.post("/api/v1/transfers/batch"), &eve).key("2").json(&items).send().await;
    assert_eq!(batch.expect(200).json()["items"][0]["status"], 404);
}

#[tokio::test]
async fn a_second_holder_who_signs_as_well_is_asked_from_the_next_payment_on() {
    let (s, savings) = warm().await;
    let ben = payer(&s.app).await;
    share(&s.app, &s.adas, &ben, "joint_all_sign").await;
    let held = pay(&s.app, &s.ada, "1", &own(&s.adas, &savings, 1)).await.expect(201).json();
    assert_eq!((&held["status"], &held["signatures_missing"]), (&json!("held"), &json!(1)));
}

#[tokio::test]
async fn who_is_known_less_well_pays_nothing_more() {
    let (s, savings) = warm().await;
    let compliance = person(&s.app.bank, Role::Compliance).await;
    let path = format!("/api/v1/users/{}/kyc-level", id_of(&s.ada));
    let lower = json!({ "level": 0, "reason": "the passport was forged" });
    post(&s.app, &compliance, &path, &lower).await.expect(200);
    pay(&s.app, &s.ada, "1", &own(&s.adas, &savings, 1)).await.refused(422, "kyc_level_too_low");
}

#[tokio::test]
async fn who_becomes_more_careful_is_asked_to_confirm() {
    let (s, _) = warm().await;
    know(&s.app, &s.ada, &s.bobs).await;
    pay(&s.app, &s.ada, "1", &to(&s.adas, &s.bobs, 2_000)).await.expect(201);
    let careful = json!({ "step_up_threshold_minor": 1_000 });
    signed(s.app.request(Method::PATCH, "/api/v1/me"), &s.ada).json(&careful).send().await.expect(200);
    pay(&s.app, &s.ada, "2", &to(&s.adas, &s.bobs, 2_000)).await.refused(403, "challenge_required");
    s.app.run_jobs().await;
}
