//! Accounts where all holders sign.

use bank::{Caller, Role};
use chrono::Duration;
use kernel::{Actor, ApiKeyId};
use serde_json::{Value, json};

use super::{Scene, act, balance, confirmed, know, pay, payer, scene, show, to};
use crate::harness::App;
use crate::people::{id_of, path_of, person, post};

/// Makes somebody an owner, by staff.
pub(super) async fn share(app: &App, account: &Value, with: &Caller, role: &str) {
    let support = person(&app.bank, Role::Support).await;
    let body = json!({ "user_id": id_of(with), "role": role, "reason": "agreed in the branch" });
    post(app, &support, &path_of(account, "/owners"), &body).await.expect(201);
}

/// Ada's account, which she holds together with two others; all three sign.
async fn three() -> (Scene, Caller, Caller) {
    let s = scene().await;
    let (ben, cleo) = (payer(&s.app).await, payer(&s.app).await);
    share(&s.app, &s.adas, &ben, "joint_all_sign").await;
    share(&s.app, &s.adas, &cleo, "joint_all_sign").await;
    know(&s.app, &s.ada, &s.bobs).await;
    (s, ben, cleo)
}

#[tokio::test]
async fn the_money_moves_when_the_last_holder_has_signed() {
    let (s, ben, cleo) = three().await;
    let body = to(&s.adas, &s.bobs, 1_000);
    let held = pay(&s.app, &s.ada, "1", &body).await.expect(201).json();
    assert_eq!((&held["status"], &held["signatures_missing"]), (&json!("held"), &json!(2)));
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (100_000, 99_000));
    let nothing = json!({});
    let again = act(&s.app, &s.ada, (&held, "capture"), "1", &nothing).await.expect(202).json();
    assert_eq!((&again["id"], &again["signatures_missing"]), (&held["id"], &json!(2)));
    let second = act(&s.app, &ben, (&held, "capture"), "1", &nothing).await.expect(202).json();
    assert_eq!((&second["status"], &second["signatures_missing"]), (&json!("held"), &json!(1)));
    assert_eq!(show(&s.app, &s.ada, &held).await["signatures_missing"], 1);
    assert_eq!(show(&s.app, &s.bob, &held).await["signatures_missing"], Value::Null);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 0);
    let last = act(&s.app, &cleo, (&held, "capture"), "1", &nothing).await.expect(201).json();
    assert_eq!((&last["kind"], &last["of_transfer_id"]), (&json!("capture"), &held["id"]));
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 1_000);
    act(&s.app, &ben, (&held, "capture"), "1", &nothing).await.expect(202);
    act(&s.app, &ben, (&held, "capture"), "2", &nothing).await.refused(409, "hold_not_pending");
    assert_eq!(pay(&s.app, &s.ada, "1", &body).await.expect(201).json(), held);
}

#[tokio::test]
async fn one_holder_can_call_it_off() {
    let (s, ben, cleo) = three().await;
    let held = pay(&s.app, &s.ada, "1", &to(&s.adas, &s.bobs, 1_000)).await.expect(201).json();
    act(&s.app, &ben, (&held, "release"), "1", &json!({})).await.expect(201);
    act(&s.app, &cleo, (&held, "capture"), "1", &json!({})).await.refused(409, "hold_not_pending");
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (100_000, 100_000));
}

#[tokio::test]
async fn nobody_signs_what_has_expired() {
    let (s, ben, _) = three().await;
    let held = pay(&s.app, &s.ada, "1", &to(&s.adas, &s.bobs, 1_000)).await.expect(201).json();
    s.app.bank.clock.advance(Duration::days(7));
    act(&s.app, &ben, (&held, "capture"), "1", &json!({})).await.refused(409, "hold_expired");
}

#[tokio::test]
async fn an_attorney_begins_but_does_not_sign_and_neither_does_a_machine() {
    let (s, ben, cleo) = three().await;
    let eve = payer(&s.app).await;
    share(&s.app, &s.adas, &eve, "attorney_view_and_pay").await;
    know(&s.app, &eve, &s.bobs).await;
    let body = to(&s.adas, &s.bobs, 1_000);
    let held = pay(&s.app, &eve, "1", &body).await.expect(201).json();
    assert_eq!(held["signatures_missing"], 3);
    let nothing = json!({});
    let key = ApiKeyId::generate(s.app.bank.now(), &s.app.bank.random);
    let machine = Caller { actor: Actor::ApiKey(key), session_id: None, ..s.ada.clone() };
    pay(&s.app, &machine, "1", &body).await.refused(422, "confirmation_required");
    act(&s.app, &machine, (&held, "capture"), "1", &nothing).await.refused(422, "confirmation_required");
    for (signer, status, missing) in [(&eve, 202, 3), (&s.ada, 202, 2), (&ben, 202, 1)] {
        let signed = act(&s.app, signer, (&held, "capture"), "2", &nothing).await.expect(status).json();
        assert_eq!(signed["signatures_missing"], missing);
    }
    act(&s.app, &cleo, (&held, "capture"), "2", &nothing).await.expect(201);
}

#[tokio::test]
async fn the_first_signature_is_confirmed_like_any_payment() {
    let (s, ben, cleo) = three().await;
    let body = confirmed(&s.app, &s.ada, to(&s.adas, &s.bobs, 30_000)).await;
    let held = pay(&s.app, &s.ada, "1", &body).await.expect(201).json();
    for (signer, status) in [(&ben, 202), (&cleo, 201)] {
        act(&s.app, signer, (&held, "capture"), "1", &json!({})).await.expect(status);
    }
}

#[tokio::test]
async fn the_last_two_who_sign_at_once_move_the_money() {
    let (s, ben, cleo) = three().await;
    let held = pay(&s.app, &s.ada, "1", &to(&s.adas, &s.bobs, 1_000)).await.expect(201).json();
    let nothing = json!({});
    let (one, other) = tokio::join!(
        act(&s.app, &ben, (&held, "capture"), "1", &nothing),
        act(&s.app, &cleo, (&held, "capture"), "1", &nothing)
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 202]);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 1_000);
}
