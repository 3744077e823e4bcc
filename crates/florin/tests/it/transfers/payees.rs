//! Looking payees up.

use bank::Role;
use chrono::Duration;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use super::{look_up, payer, scene};
use crate::people::{get, path_of, person, post};

const PATH: &str = "/api/v1/payee-lookups";

#[tokio::test]
async fn a_payee_is_shown_in_part() {
    let s = scene().await;
    let asked = json!({ "account_number": s.bobs["number"] });
    let found = post(&s.app, &s.ada, PATH, &asked).await.expect(201).json();
    assert_eq!((&found["name"], &found["currency"]), (&json!("a**"), &json!("GBP")));
    let number = s.bobs["number"].as_str().unwrap();
    assert_eq!(found["account_number"], format!("****{}", &number[number.len() - 4..]));
    assert_eq!(found["expires_at"], "2026-03-02T09:15:00Z");
    get(&s.app, &s.ada, &path_of(&s.bobs, "")).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_look_up_is_refused_to_staff_for_nonsense_and_for_accounts_that_are_not_there() {
    let s = scene().await;
    let asked = json!({ "account_number": s.bobs["number"] });
    let support = person(&s.app.bank, Role::Support).await;
    post(&s.app, &support, PATH, &asked).await.refused(403, "forbidden");
    s.app.post(PATH).json(&asked).send().await.refused(401, "unauthenticated");
    let nonsense = json!({ "account_number": "GB00FLRN04000410000001" });
    let refused = post(&s.app, &s.ada, PATH, &nonsense).await.refused(422, "invalid_input").json();
    assert_eq!(refused["errors"][0]["pointer"], "/account_number");
    let absent = json!({ "account_number": "GB33BUKB20201555555555" });
    post(&s.app, &s.ada, PATH, &absent).await.refused(422, "payee_not_found");
    post(&s.app, &s.bob, &path_of(&s.bobs, "/close"), &json!({})).await.expect(200);
    post(&s.app, &s.ada, PATH, &asked).await.refused(422, "payee_not_found");
}

#[tokio::test]
async fn twenty_look_ups_an_hour_are_all_found_or_not() {
    let s = scene().await;
    let (hit, miss) = (
        json!({ "account_number": s.bobs["number"] }),
        json!({ "account_number": "GB33BUKB20201555555555" }),
    );
    for _ in 0..10 {
        post(&s.app, &s.ada, PATH, &hit).await.expect(201);
        post(&s.app, &s.ada, PATH, &miss).await.expect(422);
    }
    for asked in [&hit, &miss] {
        let refused = post(&s.app, &s.ada, PATH, asked).await.refused(429, "too_many_requests");
        assert_eq!(refused.header("retry-after"), "3600");
    }
    look_up(&s.app, &payer(&s.app).await, &s.bobs).await;
    s.app.bank.clock.advance(Duration::hours(1));
    look_up(&s.app, &s.ada, &s.bobs).await;
}

#[tokio::test]
async fn old_look_ups_are_forgotten_by_a_job() {
    let s = scene().await;
    look_up(&s.app, &s.ada, &s.bobs).await;
    s.app.bank.clock.advance(Duration::days(1));
    look_up(&s.app, &s.ada, &s.bobs).await;
    s.app.bank.clock.advance(Duration::minutes(16));
    let operations = person(&s.app.bank, Role::Operations).await;
    run(&s.app, &operations, "transfers.forget_lookups").await;
    let db = s.app.bank.db.latest();
    let sql =
        Statement::from_string(db.get_database_backend(), "select count(*) as found from payee_lookups");
    let row = db.query_one_raw(sql).await.unwrap().unwrap();
    assert_eq!(row.try_get::<i64>("", "found").unwrap(), 1);
}

/// Queues one job of a kind and runs what is due.
async fn run(app: &crate::harness::App, _: &bank::Caller, kind: &'static str) {
    let tx = app.bank.db.begin().await.unwrap();
    bank::jobs::enqueue(&app.bank, &tx, bank::jobs::NewJob::new(kind, json!({}))).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
}
