//! Many payments with one commit.

use bank::{Caller, Permissions};
use kernel::TransferId;
use serde_json::{Value, json};

use super::{Scene, balance, gbp, keyed, know, own, scene, to, with};
use crate::harness::Answer;
use crate::people::{account, fund, person, post};

async fn send(s: &Scene, caller: &Caller, key: &str, items: &[Value]) -> Answer {
    keyed(&s.app, caller, "/api/v1/transfers/batch", (key, &json!({ "items": items }))).await
}

#[expect(clippy::needless_pass_by_value, reason = "it reads as the request does")]
fn item(id: impl ToString, transfer: Value) -> Value {
    json!({ "id": id.to_string(), "transfer": transfer })
}

fn outcomes(answer: &Value) -> Vec<(String, String)> {
    let items = answer["items"].as_array().unwrap().iter();
    let outcome = |item: &Value| match item["status"].as_u64().unwrap() {
        201 => item["transfer"]["status"].as_str().unwrap().to_owned(),
        status => {
            assert_eq!(item["problem"]["status"], status);
            item["problem"]["code"].as_str().unwrap().to_owned()
        }
    };
    items.map(|item| (item["id"].as_str().unwrap().to_owned(), outcome(item))).collect()
}

#[tokio::test]
async fn payments_are_made_in_order_and_each_is_answered_for_itself() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let savings = account(&s.app, &s.ada).await;
    let items = [
        item("early", own(&savings, &s.adas, 1)),
        item("a", own(&s.adas, &savings, 90_000)),
        item("b", to(&s.adas, &s.bobs, 10_001)),
        item("c", own(&savings, &s.adas, 1)),
        item("d", to(&s.adas, &s.bobs, 10_001)),
        item("e", with(to(&savings, &s.bobs, 20_000), "mode", "hold")),
        item("f", to(&s.bobs, &s.adas, 1)),
        item("g", own(&s.adas, &s.bobs, 1)),
        item("h", own(&s.adas, &s.adas, 1)),
    ];
    let answer = send(&s, &s.ada, "1", &items).await.expect(200);
    let expected = [
        ("early", "insufficient_funds"),
        ("a", "booked"),
        ("b", "insufficient_funds"),
        ("c", "booked"),
        ("d", "booked"),
        ("e", "held"),
        ("f", "not_found"),
        ("g", "payee_not_found"),
        ("h", "same_account"),
    ];
    let expected = expected.map(|(id, outcome)| (id.to_owned(), outcome.to_owned()));
    assert_eq!(outcomes(&answer.json()), expected);
    assert_eq!(answer.json()["items"][2]["problem"]["available"], gbp(10_000));
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (0, 0));
    assert_eq!(balance(&s.app, &s.ada, &savings).await, (89_999, 69_999));
    fund(&s.app.bank, &s.adas, 500_000).await;
    let again = send(&s, &s.ada, "1", &items).await.expect(200);
    assert_eq!((&again.bytes, again.header("idempotency-replayed")), (&answer.bytes, "true"));
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 10_001);
    send(&s, &s.ada, "1", &items[1..]).await.refused(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_batch_of_refusals_is_an_answer_too_and_repeats() {
    let s = scene().await;
    let items = [item(1, to(&s.adas, &s.bobs, 1)), item(2, own(&s.adas, &s.bobs, 1))];
    let answer = send(&s, &s.ada, "1", &items).await.expect(200);
    let codes: Vec<_> = outcomes(&answer.json()).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, ["confirmation_required", "payee_not_found"]);
    know(&s.app, &s.ada, &s.bobs).await;
    assert_eq!(send(&s, &s.ada, "1", &items).await.expect(200).bytes, answer.bytes);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 0);
}

#[tokio::test]
async fn what_persons_confirm_or_sign_is_refused_in_a_batch() {
    let s = scene().await;
    know(&s.app, &s.bob, &s.bobs).await;
    know(&s.app, &s.bob, &s.adas).await;
    fund(&s.app.bank, &s.bobs, 100_000).await;
    let joint = account(&s.app, &s.bob).await;
    fund(&s.app.bank, &joint, 100).await;
    super::joint::share(&s.app, &joint, &s.ada, "joint_all_sign").await;
    let eves = account(&s.app, &super::payer(&s.app).await).await;
    let items = [
        item("large", to(&s.bobs, &s.adas, 25_001)),
        item("new", to(&s.bobs, &eves, 1)),
        item("together", to(&joint, &s.adas, 1)),
        item("fine", to(&s.bobs, &s.adas, 25_000)),
    ];
    let answer = send(&s, &s.bob, "1", &items).await.expect(200).json();
    let codes: Vec<_> = outcomes(&answer).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, ["confirmation_required", "confirmation_required", "confirmation_required", "booked"]);
}

#[tokio::test]
async fn a_thousand_payments_fit_and_repeat() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let items: Vec<_> = (0..1000).map(|n| item(n, to(&s.adas, &s.bobs, 100))).collect();
    let answer = send(&s, &s.ada, "1", &items).await.expect(200);
    let outcomes = outcomes(&answer.json());
    assert_eq!(outcomes.len(), 1000);
    assert!(outcomes.iter().zip(0..).all(|((id, outcome), n)| *id == format!("{n}") && outcome == "booked"));
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 100_000);
    assert_eq!(send(&s, &s.ada, "1", &items).await.expect(200).bytes, answer.bytes);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 100_000);
    let more: Vec<_> = (0..1001).map(|n| item(n, to(&s.adas, &s.bobs, 1))).collect();
    for items in [&more[..], &[]] {
        let refused = send(&s, &s.ada, "2", items).await.refused(422, "invalid_input").json();
        assert_eq!(refused["errors"][0]["pointer"], "/items");
    }
}

#[tokio::test]
async fn names_in_a_batch_are_unique_and_wrong_parts_are_pointed_at() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let one = || to(&s.adas, &s.bobs, 1);
    for (items, pointer) in [
        (vec![item("a", one()), item("a", one())], "/items/1/id"),
        (vec![item("", one())], "/items/0/id"),
        (vec![item("a b", one())], "/items/0/id"),
        (vec![item("x".repeat(65), one())], "/items/0/id"),
        (
            vec![item("a", one()), item("b", with(one(), "amount", gbp(0)))],
            "/items/1/transfer/amount/amount_minor",
        ),
        (vec![item("a", with(one(), "color", "red"))], "/items/0/transfer/color"),
        (vec![with(item("a", one()), "color", "red")], "/items/0/color"),
    ] {
        let refused = send(&s, &s.ada, "1", &items).await.refused(422, "invalid_input").json();
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    let id = TransferId::generate(s.app.bank.now(), &s.app.bank.random);
    let same = with(one(), "id", json!(id));
    let other = with(same.clone(), "amount", gbp(2));
    let items = [item("a", same.clone()), item("b", same), item("c", other)];
    let answer = send(&s, &s.ada, "1", &items).await.expect(200).json();
    let codes: Vec<_> = outcomes(&answer).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, ["booked", "booked", "id_reused"]);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 1);
}

#[tokio::test]
async fn a_batch_needs_the_permission_and_a_key() {
    let s = scene().await;
    let items = [item("a", to(&s.adas, &s.bobs, 1))];
    let body = json!({ "items": items });
    post(&s.app, &s.ada, "/api/v1/transfers/batch", &body).await.refused(400, "idempotency_key_required");
    let operations = person(&s.app.bank, bank::Role::Operations).await;
    send(&s, &operations, "1", &items).await.refused(403, "forbidden");
    let scopeless = Caller { permissions: Permissions::NONE, ..s.ada.clone() };
    send(&s, &scopeless, "1", &items).await.refused(403, "forbidden");
}

#[tokio::test]
async fn the_same_batch_twice_at_once_is_made_once() {
    let s = scene().await;
    know(&s.app, &s.ada, &s.bobs).await;
    let items: Vec<_> = (0..20).map(|n| item(n, to(&s.adas, &s.bobs, 100))).collect();
    let (one, other) = tokio::join!(send(&s, &s.ada, "1", &items), send(&s, &s.ada, "1", &items));
    assert_eq!(one.expect(200).bytes, other.expect(200).bytes);
    assert_eq!(balance(&s.app, &s.bob, &s.bobs).await.0, 2_000);
}
