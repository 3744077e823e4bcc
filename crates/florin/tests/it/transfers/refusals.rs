//! Payments that are refused, in the order in which the questions are asked.

use bank::{Caller, Permissions, Role};
use chrono::Duration;
use kernel::{Actor, ApiKeyId};
use serde_json::{Value, json};

use super::{Scene, answer, balance, confirmed, gbp, know, look_up, own, pay, payer, scene, to, with};
use crate::harness::App;
use crate::people::{account, id_of, patch, path_of, person, post, signed};

async fn pointer(app: &App, caller: &Caller, body: &Value) -> Value {
    pay(app, caller, "x", body).await.refused(422, "invalid_input").json()["errors"][0]["pointer"].clone()
}

#[tokio::test]
async fn a_request_that_cannot_be_read_says_where() {
    let s = scene().await;
    let good = to(&s.adas, &s.bobs, 1);
    let path = "/api/v1/transfers";
    signed(s.app.post(path), &s.ada).json(&good).send().await.refused(400, "idempotency_key_required");
    s.app.post(path).key("1").json(&good).send().await.refused(401, "unauthenticated");
    signed(s.app.post(path), &s.ada)
        .key("1")
        .header("content-type", "application/json")
        .body("{")
        .send()
        .await
        .refused(400, "unreadable_request");
    let soon = "2026-03-03T09:00:00Z";
    for (body, at) in [
        (with(good.clone(), "color", "red"), "/color"),
        (with(good.clone(), "from_account_id", "acc_1"), "/from_account_id"),
        (with(good.clone(), "to_account_number", "GB00FLRN04000410000001"), "/to_account_number"),
        (with(good.clone(), "amount", json!({ "amount_minor": 1, "currency": "XXX" })), "/amount/currency"),
        (
            with(good.clone(), "amount", json!({ "amount_minor": 1.5, "currency": "GBP" })),
            "/amount/amount_minor",
        ),
        (with(good.clone(), "mode", "later"), "/mode"),
        (with(good.clone(), "amount", gbp(0)), "/amount/amount_minor"),
        (with(good.clone(), "amount", gbp(-1)), "/amount/amount_minor"),
        (with(good.clone(), "reference", "x".repeat(141)), "/reference"),
        (with(good.clone(), "reference", "a\nb"), "/reference"),
        (with(good.clone(), "expires_at", soon), "/expires_at"),
        (with(good.clone(), "to_account_id", s.bobs["id"].clone()), "/to_account_number"),
        (json!({ "from_account_id": s.adas["id"], "amount": gbp(1) }), "/to_account_number"),
        (json!({ "to_account_id": s.adas["id"], "amount": gbp(1) }), ""),
    ] {
        assert_eq!(pointer(&s.app, &s.ada, &body).await, at, "{body}");
    }
    let two = with(with(good, "amount", gbp(0)), "expires_at", soon);
    let refused = pay(&s.app, &s.ada, "x", &two).await.refused(422, "invalid_input").json();
    assert_eq!(refused["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn only_those_who_may_pay_from_the_account_do() {
    let s = scene().await;
    know(&s.app, &s.bob, &s.adas).await;
    let body = to(&s.adas, &s.bobs, 1);
    for role in [Role::Support, Role::Compliance, Role::Operations, Role::Auditor, Role::Admin] {
        let staff = person(&s.app.bank, role).await;
        pay(&s.app, &staff, "1", &body).await.refused(403, "forbidden");
    }
    let scopeless = Caller { permissions: Permissions::NONE, ..s.ada.clone() };
    pay(&s.app, &scopeless, "1", &body).await.refused(403, "forbidden");
    pay(&s.app, &s.bob, "1", &body).await.refused(404, "not_found");
    let absent = with(body.clone(), "from_account_id", "acc_00000000000000000000000001");
    pay(&s.app, &s.bob, "2", &absent).await.refused(404, "not_found");
    let viewer = json!({ "user_id": id_of(&s.bob), "role": "attorney_view" });
    post(&s.app, &s.ada, &path_of(&s.adas, "/owners"), &viewer).await.expect(201);
    pay(&s.app, &s.bob, "3", &body).await.refused(403, "forbidden");
    set_kyc(&s, 0).await;
    pay(&s.app, &s.ada, "4", &own(&s.adas, &s.adas, 1)).await.refused(422, "kyc_level_too_low");
}

async fn set_kyc(s: &Scene, level: i64) {
    let compliance = person(&s.app.bank, Role::Compliance).await;
    let path = format!("/api/v1/users/{}/kyc-level", id_of(&s.ada));
    post(&s.app, &compliance, &path, &json!({ "level": level, "reason": "seen" })).await.expect(200);
}

#[tokio::test]
async fn the_payee_exists_takes_payments_and_is_the_one_that_was_looked_up() {
    let s = scene().await;
    let strangers = with(to(&s.adas, &s.bobs, 1), "to_account_number", "DE89370400440532013000");
    pay(&s.app, &s.ada, "1", &strangers).await.refused(422, "payee_not_found");
    let by_id = own(&s.adas, &s.bobs, 1);
    pay(&s.app, &s.ada, "2", &by_id).await.refused(422, "payee_not_found");
    let long = with(with(to(&s.adas, &s.bobs, 1), "mode", "hold"), "expires_at", "2026-04-01T09:00:01Z");
    assert_eq!(pointer(&s.app, &s.ada, &long).await, "/expires_at");
    let new = to(&s.adas, &s.bobs, 1);
    pay(&s.app, &s.ada, "3", &new).await.refused(422, "payee_not_confirmed");
    let eve = payer(&s.app).await;
    let eves = account(&s.app, &eve).await;
    for (key, other) in [
        ("4", look_up(&s.app, &s.ada, &eves).await),
        ("5", look_up(&s.app, &eve, &s.bobs).await),
        ("6", json!(kernel::PayeeLookupId::generate(s.app.bank.now(), &s.app.bank.random))),
    ] {
        let body = with(new.clone(), "payee_lookup_id", other);
        pay(&s.app, &s.ada, key, &body).await.refused(422, "payee_lookup_not_usable");
    }
    let late = with(new, "payee_lookup_id", look_up(&s.app, &s.ada, &s.bobs).await);
    s.app.bank.clock.advance(Duration::minutes(15));
    pay(&s.app, &s.ada, "7", &late).await.refused(422, "payee_lookup_not_usable");
    post(&s.app, &s.bob, &path_of(&s.bobs, "/close"), &json!({})).await.expect(200);
    pay(&s.app, &s.ada, "8", &to(&s.adas, &s.bobs, 1)).await.refused(422, "payee_not_found");
}

#[tokio::test]
async fn a_confirmation_is_good_for_its_amount_and_payee_in_its_time_and_once() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let required = async |key: &str, body: &Value| {
        pay(&s.app, &s.ada, key, body).await.refused(403, "challenge_required").json()
    };
    let asked = to(&s.adas, &s.bobs, 30_000);
    let unanswered = required("1", &asked).await["challenge_id"].clone();
    required("2", &with(asked.clone(), "challenge_id", unanswered)).await;
    let body = confirmed(&s.app, &s.ada, asked.clone()).await;
    required("3", &with(body.clone(), "amount", gbp(30_001))).await;
    let eve = payer(&s.app).await;
    let eves = account(&s.app, &eve).await;
    know(&s.app, &s.ada, &eves).await;
    required("4", &with(body.clone(), "to_account_number", eves["number"].clone())).await;
    s.app.bank.clock.advance(Duration::minutes(10));
    required("5", &body).await;
    let body = confirmed(&s.app, &s.ada, asked).await;
    pay(&s.app, &s.ada, "6", &body).await.expect(201);
    required("7", &body).await;
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 30_000);
    s.app.run_jobs().await;
}

#[tokio::test]
async fn a_payment_that_is_refused_gives_its_confirmation_back() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let body = confirmed(&s.app, &s.ada, to(&s.adas, &s.bobs, 100_001)).await;
    let refused = pay(&s.app, &s.ada, "1", &body).await.refused(422, "insufficient_funds").json();
    assert_eq!((&refused["available"], &refused["asked"]), (&gbp(100_000), &gbp(100_001)));
    crate::people::fund(&s.app.bank, &s.adas, 1).await;
    pay(&s.app, &s.ada, "2", &body).await.expect(201);
}

#[tokio::test]
async fn a_machine_pays_known_payees_and_confirms_nothing() {
    let s = scene().await;
    let key = ApiKeyId::generate(s.app.bank.now(), &s.app.bank.random);
    let machine = Caller { actor: Actor::ApiKey(key), session_id: None, ..s.ada.clone() };
    let body = with(to(&s.adas, &s.bobs, 1), "payee_lookup_id", look_up(&s.app, &machine, &s.bobs).await);
    pay(&s.app, &machine, "1", &body).await.refused(422, "confirmation_required");
    know(&s.app, &s.ada, &s.bobs).await;
    pay(&s.app, &machine, "2", &to(&s.adas, &s.bobs, 25_001)).await.refused(422, "confirmation_required");
    pay(&s.app, &machine, "3", &to(&s.adas, &s.bobs, 25_000)).await.expect(201);
    let challenge =
        pay(&s.app, &s.ada, "4", &to(&s.adas, &s.bobs, 25_001)).await.refused(403, "challenge_required");
    let path = format!("/api/v1/challenges/{}/answer", challenge.json()["challenge_id"].as_str().unwrap());
    post(&s.app, &machine, &path, &json!({ "code": "123456" })).await.refused(403, "forbidden");
    answer(&s.app, &s.ada, &challenge.json()).await;
}

#[tokio::test]
async fn the_ledger_refuses_with_the_numbers_that_explain_it() {
    let s = scene().await;
    let savings = account(&s.app, &s.ada).await;
    let refuse = async |key: &str, body: &Value, code: &str| {
        pay(&s.app, &s.ada, key, body).await.refused(422, code).json()
    };
    refuse("1", &own(&s.adas, &s.adas, 1), "same_account").await;
    let past = with(with(own(&s.adas, &savings, 1), "mode", "hold"), "expires_at", "2026-03-02T09:00:00Z");
    refuse("2", &past, "expiry_in_past").await;
    let euro = with(own(&s.adas, &savings, 1), "amount", json!({ "amount_minor": 1, "currency": "EUR" }));
    let refused = refuse("3", &euro, "currency_differs").await;
    assert_eq!((&refused["kept_in"], &refused["asked"]), (&json!("GBP"), &json!("EUR")));
    let limits = json!({ "single": gbp(5_000), "day": gbp(7_000), "month": gbp(8_000) });
    patch(&s.app, &s.ada, &path_of(&s.adas, "/limits"), &limits).await.expect(200);
    let refused = refuse("4", &own(&s.adas, &savings, 5_001), "largest_exceeded").await;
    assert_eq!((&refused["limit"], &refused["asked"]), (&gbp(5_000), &gbp(5_001)));
    pay(&s.app, &s.ada, "5", &own(&s.adas, &savings, 5_000)).await.expect(201);
    let refused = refuse("6", &own(&s.adas, &savings, 2_001), "day_limit_exceeded").await;
    assert_eq!(
        (&refused["limit"], &refused["spent"], &refused["asked"]),
        (&gbp(7_000), &gbp(5_000), &gbp(2_001))
    );
    s.app.bank.clock.advance(Duration::days(1));
    let refused = refuse("7", &own(&s.adas, &savings, 3_001), "month_limit_exceeded").await;
    assert_eq!(
        (&refused["limit"], &refused["spent"], &refused["asked"]),
        (&gbp(8_000), &gbp(5_000), &gbp(3_001))
    );
    let refused = refuse("8", &own(&savings, &s.adas, 5_001), "insufficient_funds").await;
    assert_eq!((&refused["available"], &refused["asked"]), (&gbp(5_000), &gbp(5_001)));
}

#[tokio::test]
async fn a_stopped_account_pays_nothing_and_why_a_payee_takes_nothing_is_not_told() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let compliance = person(&s.app.bank, Role::Compliance).await;
    let reason = json!({ "reason": "a court asks" });
    let body = to(&s.adas, &s.bobs, 1);
    for (verb, status) in [("block-debits", "debit_blocked"), ("freeze", "frozen")] {
        post(&s.app, &compliance, &path_of(&s.adas, &format!("/{verb}")), &reason).await.expect(200);
        let refused = pay(&s.app, &s.ada, verb, &body).await.refused(422, "debit_account_status").json();
        assert_eq!(refused["account_status"], status);
    }
    post(&s.app, &compliance, &path_of(&s.adas, "/unfreeze"), &reason).await.expect(200);
    post(&s.app, &compliance, &path_of(&s.bobs, "/freeze"), &reason).await.expect(200);
    let refused = pay(&s.app, &s.ada, "1", &body).await.refused(422, "payee_cannot_receive");
    assert!(!refused.text().contains("frozen"));
}
