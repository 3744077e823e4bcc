//! Taking payments back, by staff.

use bank::{Caller, Role};
use serde_json::{Value, json};

use super::{NOBODYS, Scene, act, balance, confirmed, gbp, know, own, pay, scene, show, to, with};
use crate::harness::Answer;
use crate::people::{account, log_of, path_of, person, post};

fn because() -> Value {
    json!({ "reason": "paid to the wrong account" })
}

async fn paid(s: &Scene, minor: i64) -> Value {
    know(&s.app, &s.ada, &s.bobs).await;
    let body = to(&s.adas, &s.bobs, minor);
    let body = if minor > 25_000 { confirmed(&s.app, &s.ada, body).await } else { body };
    pay(&s.app, &s.ada, "paid", &body).await.expect(201).json()
}

async fn reverse(s: &Scene, by: &Caller, transfer: &Value, key: &str) -> Answer {
    act(&s.app, by, (transfer, "reverse"), key, &because()).await
}

async fn approve(s: &Scene, by: &Caller, waiting: &Value) -> Answer {
    let path = format!("/api/v1/approvals/{}/approve", waiting["approval_id"].as_str().unwrap());
    post(&s.app, by, &path, &json!({})).await
}

/// Bob spends what he was paid.
async fn spend(s: &Scene, minor: i64) {
    let elsewhere = account(&s.app, &s.bob).await;
    pay(&s.app, &s.bob, "spent", &own(&s.bobs, &elsewhere, minor)).await.expect(201);
}

#[tokio::test]
async fn a_payment_is_taken_back_once() {
    let s = scene().await;
    let made = paid(&s, 10_000).await;
    let staff = person(&s.app.bank, Role::Operations).await;
    let answer = reverse(&s, &staff, &made, "1").await.expect(201);
    let reversal = answer.json();
    assert_eq!((&reversal["kind"], &reversal["code"]), (&json!("reversal"), &json!("reversal")));
    assert_eq!((&reversal["from_account_id"], &reversal["to_account_id"]), (&s.bobs["id"], &s.adas["id"]));
    assert_eq!((&reversal["of_transfer_id"], &reversal["amount"]), (&made["id"], &gbp(10_000)));
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (100_000, 100_000));
    assert_eq!(show(&s.app, &s.ada, &made).await["status"], "reversed");
    assert_eq!(reverse(&s, &staff, &made, "1").await.expect(201).bytes, answer.bytes);
    let refused = reverse(&s, &staff, &made, "2").await.refused(409, "already_reversed").json();
    assert_eq!(refused["by"], reversal["id"]);
    reverse(&s, &staff, &reversal, "3").await.refused(422, "is_reversal");
    assert_eq!(log_of(&s.app, &made["id"]).await, ["transfer.reverse"]);
}

#[tokio::test]
async fn two_reversals_at_once_make_one() {
    let s = scene().await;
    let made = paid(&s, 10_000).await;
    let staff = person(&s.app.bank, Role::Operations).await;
    let (one, other) = tokio::join!(reverse(&s, &staff, &made, "1"), reverse(&s, &staff, &made, "2"));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await, (0, 0));
}

#[tokio::test]
async fn a_reversal_is_refused_in_the_order_of_the_questions() {
    let s = scene().await;
    let made = paid(&s, 10_000).await;
    let staff = person(&s.app.bank, Role::Operations).await;
    let path = format!("/api/v1/transfers/{}/reverse", made["id"].as_str().unwrap());
    post(&s.app, &staff, &path, &because()).await.refused(400, "idempotency_key_required");
    for (body, pointer) in [
        (json!({}), ""),
        (json!({ "reason": "" }), "/reason"),
        (json!({ "reason": "x", "force": 1 }), "/force"),
        (json!({ "reason": "x", "color": "red" }), "/color"),
    ] {
        let refused = act(&s.app, &staff, (&made, "reverse"), "1", &body).await.refused(422, "invalid_input");
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer);
    }
    reverse(&s, &s.ada, &made, "1").await.refused(403, "forbidden");
    for role in [Role::Support, Role::Compliance, Role::Auditor, Role::Admin] {
        reverse(&s, &person(&s.app.bank, role).await, &made, "1").await.refused(403, "forbidden");
    }
    reverse(&s, &staff, &json!({ "id": NOBODYS }), "1").await.refused(404, "not_found");
    spend(&s, 1).await;
    let refused = reverse(&s, &staff, &made, "2").await.refused(422, "insufficient_funds").json();
    assert_eq!((&refused["available"], &refused["asked"]), (&gbp(9_999), &gbp(10_000)));
    let compliance = person(&s.app.bank, Role::Compliance).await;
    post(&s.app, &compliance, &path_of(&s.bobs, "/freeze"), &because()).await.expect(200);
    reverse(&s, &staff, &made, "3").await.refused(422, "debit_account_status");
}

#[tokio::test]
async fn a_hold_is_released_not_reversed_and_its_capture_is_reversed() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let body = with(to(&s.adas, &s.bobs, 10_000), "mode", "hold");
    let hold = pay(&s.app, &s.ada, "hold", &body).await.expect(201).json();
    let staff = person(&s.app.bank, Role::Operations).await;
    reverse(&s, &staff, &hold, "1").await.refused(422, "nothing_to_reverse");
    let part = json!({ "amount": gbp(4_000) });
    let capture = act(&s.app, &s.ada, (&hold, "capture"), "2", &part).await.expect(201).json();
    reverse(&s, &staff, &hold, "3").await.refused(422, "nothing_to_reverse");
    let reversal = reverse(&s, &staff, &capture, "4").await.expect(201).json();
    assert_eq!(reversal["amount"], gbp(4_000));
    assert_eq!(show(&s.app, &s.ada, &capture).await["status"], "reversed");
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (100_000, 100_000));
}

#[tokio::test]
async fn a_large_payment_is_taken_back_by_two_persons() {
    let s = scene().await;
    let made = paid(&s, 100_000).await;
    let (staff, chief) =
        (person(&s.app.bank, Role::Operations).await, person(&s.app.bank, Role::Operations).await);
    let waiting = reverse(&s, &staff, &made, "1").await.expect(202).json();
    assert_eq!(waiting["status"], "waiting_for_approval");
    assert_eq!(show(&s.app, &s.ada, &made).await["status"], "booked");
    approve(&s, &staff, &waiting).await.refused(403, "self_approval");
    let second = reverse(&s, &staff, &made, "2").await.expect(202).json();
    let approved = approve(&s, &chief, &waiting).await.expect(200).json();
    let reversal = show(&s.app, &s.ada, &json!({ "id": approved["result"]["transfer_id"] })).await;
    assert_eq!(reversal["of_transfer_id"], made["id"]);
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (100_000, 100_000));
    approve(&s, &chief, &second).await.refused(409, "already_reversed");
    reverse(&s, &staff, &made, "3").await.refused(409, "already_reversed");
    reverse(&s, &staff, &reversal, "4").await.refused(422, "is_reversal");
}

#[tokio::test]
async fn a_forced_reversal_takes_two_persons_whatever_the_amount_and_overdraws() {
    let s = scene().await;
    let made = paid(&s, 10_000).await;
    spend(&s, 10_000).await;
    let (staff, chief) =
        (person(&s.app.bank, Role::Operations).await, person(&s.app.bank, Role::Operations).await);
    let force = with(because(), "force", true);
    let waiting = act(&s.app, &staff, (&made, "reverse"), "1", &force).await.expect(202).json();
    approve(&s, &chief, &waiting).await.expect(200);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await, (-10_000, -10_000));
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (100_000, 100_000));
}
