//! Requests that come again: one effect, one answer.

use bank::Role;
use kernel::{Actor, ApiKeyId};
use serde_json::json;

use super::{balance, confirmed, gbp, know, look_up, own, pay, scene, to, with};
use crate::people::{account, fund, id_of, path_of, person, post};

#[tokio::test]
async fn a_repeated_payment_is_answered_byte_for_byte_after_the_world_changed() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let body = to(&s.adas, &s.bobs, 1_000);
    let first = pay(&s.app, &s.ada, "once", &body).await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), "");
    let compliance = person(&s.app.bank, Role::Compliance).await;
    post(&s.app, &compliance, &path_of(&s.adas, "/freeze"), &json!({ "reason": "x" })).await.expect(200);
    let path = format!("/api/v1/users/{}/kyc-level", id_of(&s.ada));
    post(&s.app, &compliance, &path, &json!({ "level": 0, "reason": "x" })).await.expect(200);
    let again = pay(&s.app, &s.ada, "once", &body).await.expect(201);
    assert_eq!((&again.bytes, again.header("idempotency-replayed")), (&first.bytes, "true"));
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 1_000);
    let other = to(&s.adas, &s.bobs, 1_001);
    pay(&s.app, &s.ada, "once", &other).await.refused(422, "idempotency_key_reused");
}

#[tokio::test]
async fn what_the_journal_tells_is_repeated_byte_for_byte_though_the_hold_is_over_and_the_account_frozen() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    s.app.bank.clock.advance(chrono::Duration::microseconds(120_045));
    let paid = with(to(&s.adas, &s.bobs, 500), "reference", "\"Ü\\ber\" €");
    let held = with(to(&s.adas, &s.bobs, 700), "mode", "hold");
    let mut first = Vec::new();
    for (key, body) in [("paid", &paid), ("held", &held)] {
        first.push((key, body, pay(&s.app, &s.ada, key, body).await.expect(201).bytes));
    }
    s.app.bank.clock.advance(chrono::Duration::days(8));
    let compliance = person(&s.app.bank, Role::Compliance).await;
    for freeze in [false, true] {
        if freeze {
            let reason = json!({ "reason": "x" });
            post(&s.app, &compliance, &path_of(&s.adas, "/freeze"), &reason).await.expect(200);
        }
        for (key, body, first) in &first {
            let again = pay(&s.app, &s.ada, key, body).await.expect(201);
            assert_eq!((&again.bytes, again.header("idempotency-replayed")), (first, "true"), "{key}");
        }
    }
}

#[tokio::test]
async fn a_repeated_refusal_is_answered_byte_for_byte_though_it_would_pass_now() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let short = own(&s.adas, &account(&s.app, &s.ada).await, 100_001);
    let large = confirmed(&s.app, &s.ada, to(&s.adas, &s.bobs, 100_001)).await;
    let unknown = with(to(&s.adas, &s.bobs, 1), "to_account_number", "GB33BUKB20201555555555");
    let mut first = Vec::new();
    for (key, body) in [("short", &short), ("large", &large), ("unknown", &unknown)] {
        first.push(pay(&s.app, &s.ada, key, body).await.expect(422).bytes);
    }
    fund(&s.app.bank, &s.adas, 1_000_000).await;
    for ((key, body), first) in
        [("short", &short), ("large", &large), ("unknown", &unknown)].into_iter().zip(first)
    {
        let again = pay(&s.app, &s.ada, key, body).await.expect(422);
        assert_eq!((&again.bytes, again.header("idempotency-replayed")), (&first, "true"), "{key}");
        let other = with(body.clone(), "reference", "another");
        pay(&s.app, &s.ada, key, &other).await.refused(422, "idempotency_key_reused");
    }
    pay(&s.app, &s.ada, "anew", &short).await.expect(201);
}

#[tokio::test]
async fn a_confirmed_payment_repeats_though_its_confirmation_is_spent_and_its_payee_known() {
    let s = scene().await;
    let body = with(to(&s.adas, &s.bobs, 30_000), "payee_lookup_id", look_up(&s.app, &s.ada, &s.bobs).await);
    let body = confirmed(&s.app, &s.ada, body).await;
    let first = pay(&s.app, &s.ada, "once", &body).await.expect(201);
    assert_eq!(pay(&s.app, &s.ada, "once", &body).await.expect(201).bytes, first.bytes);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 30_000);
}

#[tokio::test]
async fn keys_belong_to_their_owner() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    know(&s.app, &s.bob, &s.adas).await;
    pay(&s.app, &s.ada, "1", &to(&s.adas, &s.bobs, 1_000)).await.expect(201);
    pay(&s.app, &s.bob, "1", &to(&s.bobs, &s.adas, 1_000)).await.expect(201);
    let key = ApiKeyId::generate(s.app.bank.now(), &s.app.bank.random);
    let machine = bank::Caller { actor: Actor::ApiKey(key), session_id: None, ..s.ada.clone() };
    pay(&s.app, &machine, "1", &to(&s.adas, &s.bobs, 7)).await.expect(201);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 7);
}

#[tokio::test]
async fn the_same_key_twice_at_once_has_one_effect() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let small = to(&s.adas, &s.bobs, 1_000);
    let (one, other) = tokio::join!(pay(&s.app, &s.ada, "1", &small), pay(&s.app, &s.ada, "1", &small));
    assert_eq!(one.expect(201).bytes, other.expect(201).bytes);
    let large = confirmed(&s.app, &s.ada, to(&s.adas, &s.bobs, 30_000)).await;
    let (one, other) = tokio::join!(pay(&s.app, &s.ada, "2", &large), pay(&s.app, &s.ada, "2", &large));
    assert_eq!(one.expect(201).bytes, other.expect(201).bytes);
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await.0, 69_000);
    let short = with(own(&s.adas, &account(&s.app, &s.ada).await, 0), "amount", gbp(69_001));
    let (one, other) = tokio::join!(pay(&s.app, &s.ada, "3", &short), pay(&s.app, &s.ada, "3", &short));
    assert_eq!(one.expect(422).bytes, other.expect(422).bytes);
}
