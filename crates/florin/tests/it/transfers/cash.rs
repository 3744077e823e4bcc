//! Cash at the counter and corrections, by operations.

use bank::{Caller, Role};
use serde_json::{Value, json};

use super::{Scene, balance, gbp, keyed, scene, show, with};
use crate::harness::Answer;
use crate::people::{get, log_of, path_of, person, post};

fn cash(account: &Value, kind: &str, minor: i64) -> Value {
    json!({
        "kind": kind, "account_id": account["id"], "amount": gbp(minor),
        "reference": "at the branch", "reason": "form 7",
    })
}

async fn operate(s: &Scene, by: &Caller, key: &str, body: &Value) -> Answer {
    keyed(&s.app, by, "/api/v1/cash-operations", (key, body)).await
}

async fn decide(s: &Scene, by: &Caller, waiting: &Value, verb: &str) -> Answer {
    let path = format!("/api/v1/approvals/{}/{verb}", waiting["approval_id"].as_str().unwrap());
    post(&s.app, by, &path, &json!({ "reason": "seen the form" })).await
}

#[tokio::test]
async fn cash_comes_and_goes_and_mistakes_are_made_good() {
    let s = scene().await;
    let teller = person(&s.app.bank, Role::Operations).await;
    let mut held = 0_i64;
    for (kind, minor, code) in [
        ("deposit", 5_000_i64, "cash_deposit"),
        ("withdrawal", -2_000, "cash_withdrawal"),
        ("correction_credit", 300, "correction"),
        ("correction_debit", -100, "correction"),
    ] {
        held += minor;
        let made = operate(&s, &teller, kind, &cash(&s.bobs, kind, minor.abs())).await.expect(201);
        let made = made.json();
        assert_eq!((&made["code"], &made["status"]), (&json!(code), &json!("booked")));
        assert_eq!((&made["amount"], &made["reference"]), (&gbp(minor.abs()), &json!("at the branch")));
        assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, held, "{kind}");
        assert_eq!(show(&s.app, &s.bob, &made).await, made);
    }
    let log = log_of(&s.app, &s.bobs["id"]).await;
    assert_eq!(log, ["account.open", "cash.operate", "cash.operate", "cash.operate", "cash.operate"]);
}

#[tokio::test]
async fn a_repeated_cash_operation_is_booked_once() {
    let s = scene().await;
    let teller = person(&s.app.bank, Role::Operations).await;
    let body = cash(&s.bobs, "deposit", 5_000);
    let (one, other) = tokio::join!(operate(&s, &teller, "1", &body), operate(&s, &teller, "1", &body));
    assert_eq!(one.expect(201).bytes, other.expect(201).bytes);
    operate(&s, &teller, "1", &cash(&s.bobs, "deposit", 5_001)).await.refused(422, "idempotency_key_reused");
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 5_000);
    let short = cash(&s.bobs, "withdrawal", 5_001);
    let refused = operate(&s, &teller, "2", &short).await.refused(422, "insufficient_funds");
    assert_eq!(refused.json()["available"], gbp(5_000));
    assert_eq!(operate(&s, &teller, "2", &short).await.bytes, refused.bytes);
}

#[tokio::test]
async fn cash_is_refused_in_the_order_of_the_questions() {
    let s = scene().await;
    let teller = person(&s.app.bank, Role::Operations).await;
    let good = cash(&s.bobs, "deposit", 5_000);
    post(&s.app, &teller, "/api/v1/cash-operations", &good).await.refused(400, "idempotency_key_required");
    for (body, pointer) in [
        (with(good.clone(), "kind", "gift"), "/kind"),
        (with(good.clone(), "reason", " "), "/reason"),
        (with(good.clone(), "amount", gbp(0)), "/amount/amount_minor"),
        (with(good.clone(), "reference", "a\tb"), "/reference"),
        (with(good.clone(), "effective_on", "2026-02-30"), "/effective_on"),
        (with(good.clone(), "color", "red"), "/color"),
    ] {
        let refused = operate(&s, &teller, "1", &body).await.refused(422, "invalid_input").json();
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    for role in [Role::Support, Role::Compliance, Role::Auditor, Role::Admin] {
        let other = person(&s.app.bank, role).await;
        operate(&s, &other, "1", &good).await.refused(403, "forbidden");
    }
    operate(&s, &s.bob, "1", &good).await.refused(403, "forbidden");
    let absent = with(good.clone(), "account_id", "acc_00000000000000000000000001");
    operate(&s, &teller, "1", &absent).await.refused(404, "not_found");
    let euro = with(good.clone(), "amount", json!({ "amount_minor": 1, "currency": "EUR" }));
    operate(&s, &teller, "2", &euro).await.refused(422, "currency_differs");
    operate(&s, &teller, "3", &with(good.clone(), "effective_on", "2026-03-03"))
        .await
        .refused(422, "effective_in_future");
    let past = operate(&s, &teller, "4", &with(good.clone(), "effective_on", "2026-02-27")).await.expect(201);
    assert_eq!(past.json()["effective_on"], "2026-02-27");
    let compliance = person(&s.app.bank, Role::Compliance).await;
    post(&s.app, &compliance, &path_of(&s.bobs, "/freeze"), &json!({ "reason": "x" })).await.expect(200);
    operate(&s, &teller, "5", &good).await.refused(422, "payee_cannot_receive");
}

#[tokio::test]
async fn a_large_sum_waits_for_a_second_person_and_is_booked_once() {
    let s = scene().await;
    let (teller, chief) =
        (person(&s.app.bank, Role::Operations).await, person(&s.app.bank, Role::Operations).await);
    operate(&s, &teller, "small", &cash(&s.bobs, "deposit", 99_999)).await.expect(201);
    let body = cash(&s.bobs, "deposit", 100_000);
    let waiting = operate(&s, &teller, "1", &body).await.expect(202);
    let again = operate(&s, &teller, "1", &body).await.expect(202);
    assert_eq!(waiting.bytes, again.bytes);
    let waiting = waiting.json();
    assert_eq!(waiting["status"], "waiting_for_approval");
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 99_999);
    let list = get(&s.app, &chief, "/api/v1/approvals").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    decide(&s, &teller, &waiting, "approve").await.refused(403, "self_approval");
    let approved = decide(&s, &chief, &waiting, "approve").await.expect(200).json();
    decide(&s, &chief, &waiting, "approve").await.refused(409, "already_decided");
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 199_999);
    let booked = show(&s.app, &s.bob, &json!({ "id": approved["result"]["transfer_id"] })).await;
    assert_eq!((&booked["amount"], &booked["code"]), (&gbp(100_000), &json!("cash_deposit")));
}

#[tokio::test]
async fn two_who_approve_at_once_book_once() {
    let s = scene().await;
    let teller = person(&s.app.bank, Role::Operations).await;
    let (one, two) =
        (person(&s.app.bank, Role::Operations).await, person(&s.app.bank, Role::Compliance).await);
    let waiting = operate(&s, &teller, "1", &cash(&s.bobs, "deposit", 100_000)).await.expect(202).json();
    let (one, two) =
        tokio::join!(decide(&s, &one, &waiting, "approve"), decide(&s, &two, &waiting, "approve"));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 100_000);
}

#[tokio::test]
async fn what_is_refused_on_approval_waits_on_and_what_is_rejected_is_over() {
    let s = scene().await;
    let (teller, chief) =
        (person(&s.app.bank, Role::Operations).await, person(&s.app.bank, Role::Operations).await);
    let waiting = operate(&s, &teller, "1", &cash(&s.bobs, "withdrawal", 100_000)).await.expect(202).json();
    decide(&s, &chief, &waiting, "approve").await.refused(422, "insufficient_funds");
    crate::people::fund(&s.app.bank, &s.bobs, 100_000).await;
    decide(&s, &chief, &waiting, "approve").await.expect(200);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 0);
    let waiting = operate(&s, &teller, "2", &cash(&s.bobs, "deposit", 100_000)).await.expect(202).json();
    decide(&s, &chief, &waiting, "reject").await.expect(200);
    decide(&s, &chief, &waiting, "approve").await.refused(409, "already_decided");
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 0);
}
