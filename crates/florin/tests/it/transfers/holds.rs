//! Capturing and releasing what was reserved, and what the clock does to it.

use bank::Role;
use chrono::Duration;
use serde_json::{Value, json};

use super::{Scene, act, balance, gbp, know, pay, scene, show, to, with};
use crate::people::{get, id_of, path_of, person, post};

async fn held(s: &Scene, minor: i64) -> Value {
    know(&s.app, &s.ada, &s.bobs).await;
    let body = with(with(to(&s.adas, &s.bobs, minor), "mode", "hold"), "reference", "deposit");
    pay(&s.app, &s.ada, "hold", &body).await.expect(201).json()
}

#[tokio::test]
async fn a_capture_in_part_moves_the_part_and_gives_the_rest_back() {
    let s = scene().await;
    let hold = held(&s, 10_000).await;
    let part = json!({ "amount": gbp(4_000) });
    let capture = act(&s.app, &s.ada, (&hold, "capture"), "1", &part).await.expect(201).json();
    assert_eq!((&capture["kind"], &capture["status"]), (&json!("capture"), &json!("booked")));
    assert_eq!((&capture["of_transfer_id"], &capture["amount"]), (&hold["id"], &gbp(4_000)));
    assert_eq!((&capture["code"], &capture["reference"]), (&json!("transfer"), &json!("deposit")));
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (96_000, 96_000));
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await, (4_000, 4_000));
    let shown = show(&s.app, &s.ada, &hold).await;
    assert_eq!((&shown["status"], &shown["captured"]), (&json!("captured"), &gbp(4_000)));
    let again = act(&s.app, &s.ada, (&hold, "capture"), "1", &part).await.expect(201);
    assert_eq!((again.json(), again.header("idempotency-replayed")), (capture, "true"));
}

#[tokio::test]
async fn a_hold_is_captured_whole_when_no_amount_is_given() {
    let s = scene().await;
    let hold = held(&s, 10_000).await;
    let capture = act(&s.app, &s.ada, (&hold, "capture"), "1", &json!({})).await.expect(201).json();
    assert_eq!(capture["amount"], gbp(10_000));
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await, (10_000, 10_000));
}

#[tokio::test]
async fn a_released_hold_gives_everything_back() {
    let s = scene().await;
    let hold = held(&s, 10_000).await;
    let release = act(&s.app, &s.ada, (&hold, "release"), "1", &json!({})).await.expect(201).json();
    assert_eq!((&release["kind"], &release["status"]), (&json!("release"), &json!("released")));
    assert_eq!(release["of_transfer_id"], hold["id"]);
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (100_000, 100_000));
    assert_eq!(show(&s.app, &s.ada, &hold).await["status"], "released");
}

#[tokio::test]
async fn a_hold_is_resolved_once() {
    let s = scene().await;
    let hold = held(&s, 10_000).await;
    let too_much = json!({ "amount": gbp(10_001) });
    let refused = act(&s.app, &s.ada, (&hold, "capture"), "1", &too_much).await;
    let refused = refused.refused(422, "capture_exceeds_hold").json();
    assert_eq!((&refused["held"], &refused["asked"]), (&gbp(10_000), &gbp(10_001)));
    act(&s.app, &s.ada, (&hold, "capture"), "2", &json!({})).await.expect(201);
    for (verb, key) in [("capture", "3"), ("release", "4")] {
        let refused =
            act(&s.app, &s.ada, (&hold, verb), key, &json!({})).await.refused(409, "hold_not_pending");
        assert_eq!(refused.json()["state"], "captured");
    }
    act(&s.app, &s.ada, (&hold, "capture"), "2", &too_much).await.refused(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_capture_and_a_release_at_once_do_one_of_the_two() {
    let s = scene().await;
    let hold = held(&s, 10_000).await;
    let nothing = json!({});
    let (capture, release) = tokio::join!(
        act(&s.app, &s.ada, (&hold, "capture"), "1", &nothing),
        act(&s.app, &s.ada, (&hold, "release"), "2", &nothing)
    );
    let mut statuses = [capture.status.as_u16(), release.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test]
async fn only_the_payer_resolves_a_hold_and_only_a_hold() {
    let s = scene().await;
    let hold = held(&s, 10_000).await;
    let nothing = json!({});
    let viewer = json!({ "user_id": id_of(&s.bob), "role": "attorney_view" });
    let staff = person(&s.app.bank, Role::Operations).await;
    let paid = pay(&s.app, &s.ada, "paid", &to(&s.adas, &s.bobs, 1)).await.expect(201).json();
    for verb in ["capture", "release"] {
        act(&s.app, &staff, (&hold, verb), "1", &nothing).await.refused(403, "forbidden");
        act(&s.app, &s.bob, (&hold, verb), "1", &nothing).await.refused(404, "not_found");
        act(&s.app, &s.ada, (&json!({}), verb), "1", &nothing).await.refused(404, "not_found");
        act(&s.app, &s.ada, (&paid, verb), "2", &nothing).await.refused(409, "not_a_hold");
        let stray = json!({ "color": "red" });
        let refused = act(&s.app, &s.ada, (&hold, verb), "3", &stray).await.refused(422, "invalid_input");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/color");
    }
    let zero = json!({ "amount": gbp(0) });
    let refused = act(&s.app, &s.ada, (&hold, "capture"), "3", &zero).await.refused(422, "invalid_input");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/amount/amount_minor");
    let euro = json!({ "amount": { "amount_minor": 1, "currency": "EUR" } });
    act(&s.app, &s.ada, (&hold, "capture"), "4", &euro).await.refused(422, "currency_differs");
    post(&s.app, &s.ada, &path_of(&s.adas, "/owners"), &viewer).await.expect(201);
    act(&s.app, &s.bob, (&hold, "capture"), "5", &nothing).await.refused(403, "forbidden");
}

#[tokio::test]
async fn a_hold_whose_time_is_over_is_refused_before_the_job_comes_and_after() {
    let s = scene().await;
    let hold = held(&s, 10_000).await;
    s.app.bank.clock.advance(Duration::days(7));
    let refused = act(&s.app, &s.ada, (&hold, "capture"), "1", &json!({})).await.refused(409, "hold_expired");
    assert_eq!(refused.json()["expired_at"], "2026-03-09T09:00:00Z");
    assert_eq!(show(&s.app, &s.ada, &hold).await["status"], "expired");
    assert_eq!(s.app.bank.ledger.expire_holds().await.unwrap(), 1);
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (100_000, 100_000));
    for (verb, key) in [("capture", "2"), ("release", "3")] {
        let refused = act(&s.app, &s.ada, (&hold, verb), key, &json!({})).await.expect(409).json();
        assert_eq!(refused["code"], "hold_expired");
    }
    let holds = get(&s.app, &s.ada, &path_of(&s.adas, "/holds?state=expired")).await.expect(200).json();
    assert_eq!(holds["items"][0]["id"], hold["id"]);
}

#[tokio::test]
async fn a_capture_passes_blocked_debits_but_not_a_freeze() {
    let s = scene().await;
    let hold = held(&s, 10_000).await;
    let compliance = person(&s.app.bank, Role::Compliance).await;
    let reason = json!({ "reason": "a court asks" });
    post(&s.app, &compliance, &path_of(&s.adas, "/freeze"), &reason).await.expect(200);
    act(&s.app, &s.ada, (&hold, "capture"), "1", &json!({})).await.refused(422, "debit_account_status");
    post(&s.app, &compliance, &path_of(&s.adas, "/unfreeze"), &reason).await.expect(200);
    post(&s.app, &compliance, &path_of(&s.adas, "/block-debits"), &reason).await.expect(200);
    act(&s.app, &s.ada, (&hold, "capture"), "2", &json!({})).await.expect(201);
}
