//! How well customers are known, and who says so.

use bank::kyc::{KycError, KycLevel, service as kyc};
use bank::{Caller, Role};
use kernel::UserId;
use serde_json::{Value, json};

use crate::harness::{Answer, App};
use crate::people::{id_of, log_of, person, post};

async fn set(app: &App, by: &Caller, user: UserId, level: i64) -> Answer {
    let body = json!({ "level": level, "reason": "passport and address seen" });
    post(app, by, &format!("/api/v1/users/{user}/kyc-level"), &body).await
}

#[tokio::test]
async fn compliance_sets_a_level_and_the_log_keeps_it() {
    let app = App::new().await;
    let (customer, compliance) =
        (person(&app.bank, Role::Customer).await, person(&app.bank, Role::Compliance).await);
    let user = id_of(&customer);
    let first = set(&app, &compliance, user, 2).await.expect(200).json();
    assert_eq!(first, json!({ "user_id": user, "level": 2, "previous_level": 0 }));
    let second = set(&app, &compliance, user, 1).await.expect(200).json();
    assert_eq!((&second["level"], &second["previous_level"]), (&json!(1), &json!(2)));
    assert_eq!(log_of(&app, &json!(user)).await, ["user.set_kyc_level", "user.set_kyc_level"]);
    assert_eq!(kyc::level_of(app.bank.db.read(), user).await.unwrap().number(), 1);
}

#[tokio::test]
async fn a_level_is_set_by_compliance_only_for_customers_only_and_never_for_oneself() {
    let app = App::new().await;
    let customer = person(&app.bank, Role::Customer).await;
    let user = id_of(&customer);
    for role in [Role::Customer, Role::Support, Role::Operations, Role::Auditor, Role::Admin] {
        let other = person(&app.bank, role).await;
        set(&app, &other, user, 1).await.refused(403, "forbidden");
    }
    set(&app, &customer, user, 1).await.refused(403, "forbidden");
    let compliance = person(&app.bank, Role::Compliance).await;
    set(&app, &compliance, id_of(&compliance), 1).await.refused(403, "own_level");
    let colleague = person(&app.bank, Role::Compliance).await;
    set(&app, &compliance, id_of(&colleague), 1).await.refused(404, "not_found");
    let nobody = UserId::generate(app.bank.now(), &app.bank.random);
    set(&app, &compliance, nobody, 1).await.refused(404, "not_found");
    let path = format!("/api/v1/users/{user}/kyc-level");
    for body in [
        json!({ "level": 4, "reason": "x" }),
        json!({ "level": 1 }),
        json!({ "level": 1, "reason": " " }),
        json!({ "level": 1, "reason": "x", "more": 1 }),
    ] {
        post(&app, &compliance, &path, &body).await.refused(422, "invalid_input");
    }
    assert_eq!(log_of(&app, &json!(user)).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_lowest_level_of_all_holders_counts() {
    let app = App::new().await;
    let compliance = person(&app.bank, Role::Compliance).await;
    let (one, other) = (person(&app.bank, Role::Customer).await, person(&app.bank, Role::Customer).await);
    set(&app, &compliance, id_of(&one), 3).await.expect(200);
    let conn = app.bank.db.read();
    let level = |number| KycLevel::new(number).unwrap();
    kyc::require(conn, id_of(&one), level(3)).await.unwrap();
    kyc::require(conn, id_of(&other), level(0)).await.unwrap();
    let refused = kyc::require_all(conn, &[id_of(&one), id_of(&other)], level(1)).await;
    let Err(KycError::LevelTooLow { have, need }) = refused else { panic!("{refused:?}") };
    assert_eq!((have, need), (level(0), level(1)));
    let problem: Value = json!({ "have": have, "need": need });
    assert_eq!(problem, json!({ "have": 0, "need": 1 }));
}
