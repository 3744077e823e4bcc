//! Payments that are made, and what is asked before they are.

use bank::Role;
use chrono::Duration;
use kernel::TransferId;
use serde_json::{Value, json};

use super::{act, answer, balance, confirmed, gbp, know, look_up, own, pay, payer, scene, show, to, with};
use crate::people::{account, get, person};

#[tokio::test]
async fn money_moves_between_accounts_of_ones_own_without_questions() {
    let s = scene().await;
    let savings = account(&s.app, &s.ada).await;
    let body = with(own(&s.adas, &savings, 60_000), "reference", "for the roof");
    let made = pay(&s.app, &s.ada, "1", &body).await.expect(201).json();
    assert_eq!(
        (&made["status"], &made["kind"], &made["code"]),
        (&json!("booked"), &json!("posted"), &json!("transfer"))
    );
    assert_eq!((&made["from_account_id"], &made["to_account_id"]), (&s.adas["id"], &savings["id"]));
    assert_eq!((&made["amount"], &made["reference"]), (&gbp(60_000), &json!("for the roof")));
    assert_eq!(
        (&made["booked_at"], &made["effective_on"]),
        (&json!("2026-03-02T09:00:00Z"), &json!("2026-03-02"))
    );
    for absent in ["captured", "signatures_missing", "of_transfer_id", "expires_at"] {
        assert_eq!(made[absent], Value::Null, "{absent}");
    }
    assert_eq!(show(&s.app, &s.ada, &made).await, made);
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (40_000, 40_000));
    assert_eq!(balance(&s.app, &s.ada, &savings).await, (60_000, 60_000));
    let by_number = to(&savings, &s.adas, 60_000);
    pay(&s.app, &s.ada, "2", &by_number).await.expect(201);
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (100_000, 100_000));
}

#[tokio::test]
async fn a_known_payee_is_paid_by_number_and_both_sides_see_it() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let made = pay(&s.app, &s.ada, "1", &to(&s.adas, &s.bobs, 25_000)).await.expect(201).json();
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await, (25_000, 25_000));
    assert_eq!(show(&s.app, &s.bob, &made).await, made);
    let support = person(&s.app.bank, Role::Support).await;
    assert_eq!(show(&s.app, &support, &made).await, made);
    let eve = payer(&s.app).await;
    let path = format!("/api/v1/transfers/{}", made["id"].as_str().unwrap());
    get(&s.app, &eve, &path).await.refused(404, "not_found");
    get(&s.app, &eve, &format!("/api/v1/transfers/{}", super::NOBODYS)).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_new_payee_is_looked_up_and_confirmed_once() {
    let s = scene().await;
    let body = to(&s.adas, &s.bobs, 1_250);
    pay(&s.app, &s.ada, "0", &body).await.refused(422, "payee_not_confirmed");
    let body = with(body, "payee_lookup_id", look_up(&s.app, &s.ada, &s.bobs).await);
    let asked = pay(&s.app, &s.ada, "1", &body).await.refused(403, "challenge_required").json();
    assert_eq!(
        (&asked["amount"], &asked["payee"], &asked["method"]),
        (&gbp(1_250), &s.bobs["number"], &json!("mail"))
    );
    assert_eq!(asked["expires_at"], "2026-03-02T09:10:00Z");
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await.0, 100_000);
    let body = with(body, "challenge_id", answer(&s.app, &s.ada, &asked).await);
    let made = pay(&s.app, &s.ada, "1", &body).await.expect(201).json();
    assert_eq!((&made["status"], &made["amount"]), (&json!("booked"), &gbp(1_250)));
    pay(&s.app, &s.ada, "2", &to(&s.adas, &s.bobs, 1)).await.expect(201);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await, (1_251, 1_251));
}

#[tokio::test]
async fn an_amount_above_the_threshold_is_confirmed_every_time() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    pay(&s.app, &s.ada, "at", &to(&s.adas, &s.bobs, 25_000)).await.expect(201);
    for key in ["first", "second"] {
        let body = confirmed(&s.app, &s.ada, to(&s.adas, &s.bobs, 25_001)).await;
        pay(&s.app, &s.ada, key, &body).await.expect(201);
    }
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 75_002);
}

#[tokio::test]
async fn an_id_of_the_clients_own_is_paid_once_whatever_the_key() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let id = TransferId::generate(s.app.bank.now(), &s.app.bank.random);
    let body = with(to(&s.adas, &s.bobs, 500), "id", json!(id));
    let made = pay(&s.app, &s.ada, "1", &body).await.expect(201).json();
    assert_eq!(made["id"], json!(id));
    s.app.bank.clock.advance(Duration::hours(1));
    assert_eq!(pay(&s.app, &s.ada, "2", &body).await.expect(201).json(), made);
    let other = with(body.clone(), "amount", gbp(501));
    pay(&s.app, &s.ada, "3", &other).await.refused(409, "id_reused");
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 500);
}

#[tokio::test]
async fn a_hold_reserves_the_money_until_its_time_is_over() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let body = with(to(&s.adas, &s.bobs, 10_000), "mode", "hold");
    let held = pay(&s.app, &s.ada, "1", &body).await.expect(201).json();
    assert_eq!((&held["status"], &held["kind"]), (&json!("held"), &json!("pending")));
    assert_eq!(held["expires_at"], "2026-03-09T09:00:00Z");
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (100_000, 90_000));
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await, (0, 0));
    let until = with(body, "expires_at", "2026-03-03T09:00:00Z");
    let held = pay(&s.app, &s.ada, "2", &until).await.expect(201).json();
    assert_eq!(held["expires_at"], "2026-03-03T09:00:00Z");
}

#[tokio::test]
async fn two_payments_of_the_whole_balance_at_once_make_one() {
    let s = scene().await;
    let savings = account(&s.app, &s.ada).await;
    let body = own(&s.adas, &savings, 100_000);
    let (one, other) = tokio::join!(pay(&s.app, &s.ada, "1", &body), pay(&s.app, &s.ada, "2", &body));
    assert_eq!(statuses(&[one, other]), [201, 422]);
    assert_eq!(balance(&s.app, &s.ada, &savings).await, (100_000, 100_000));
}

#[tokio::test]
async fn two_confirmed_payments_of_the_whole_balance_at_once_make_one() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let first = confirmed(&s.app, &s.ada, to(&s.adas, &s.bobs, 100_000)).await;
    s.app.bank.clock.advance(Duration::seconds(1));
    let second = confirmed(&s.app, &s.ada, to(&s.adas, &s.bobs, 100_000)).await;
    assert_ne!(first["challenge_id"], second["challenge_id"]);
    let (one, other) = tokio::join!(pay(&s.app, &s.ada, "1", &first), pay(&s.app, &s.ada, "2", &second));
    assert_eq!(statuses(&[one, other]), [201, 422]);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await, (100_000, 100_000));
}

#[tokio::test]
async fn a_capture_and_a_payment_of_the_rest_at_once_both_succeed() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let hold = with(to(&s.adas, &s.bobs, 20_000), "mode", "hold");
    let held = pay(&s.app, &s.ada, "1", &hold).await.expect(201).json();
    let rest = own(&s.adas, &account(&s.app, &s.ada).await, 80_000);
    let nothing = json!({});
    let (captured, paid) =
        tokio::join!(act(&s.app, &s.ada, (&held, "capture"), "2", &nothing), pay(&s.app, &s.ada, "3", &rest));
    assert_eq!(statuses(&[captured, paid]), [201, 201]);
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (0, 0));
}

fn statuses(answers: &[crate::harness::Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    statuses
}
