//! Sharing an account: joint holders, attorneys, and who may add and remove them.

use bank::accounts::{AccountError, Need, service as accounts};
use bank::{Caller, Role};
use serde_json::{Value, json};

use crate::harness::{Answer, App};
use crate::people::{
    account, account_id, bank_app, customer, delete, get, id_of, log_of, patch, path_of, person, post,
};

async fn add(app: &App, by: &Caller, account: &Value, (user, role): (&Caller, &str)) -> Answer {
    let mut body = json!({ "user_id": id_of(user), "role": role });
    if by.is_staff() {
        body["reason"] = json!("agreed in the branch");
    }
    post(app, by, &path_of(account, "/owners"), &body).await
}

async fn remove(app: &App, by: &Caller, account: &Value, user: &Caller) -> Answer {
    let reason = if by.is_staff() { "?reason=agreed" } else { "" };
    delete(app, by, &path_of(account, &format!("/owners/{}{reason}", id_of(user)))).await
}

async fn may(app: &App, caller: &Caller, account: &Value, need: Need) -> Result<usize, AccountError> {
    let access = accounts::find_for(app.bank.db.read(), caller, account_id(account), need).await?;
    Ok(access.authority.signatures_required())
}

#[tokio::test]
async fn a_holder_names_attorneys_who_see_or_pay_and_nothing_else() {
    let app = bank_app().await;
    let (ada, viewer, payer) = (customer(&app).await, customer(&app).await, customer(&app).await);
    let adas = account(&app, &ada).await;
    let added = add(&app, &ada, &adas, (&viewer, "attorney_view")).await.expect(201).json();
    assert_eq!((&added["role"], &added["user_id"]), (&json!("attorney_view"), &json!(id_of(&viewer))));
    add(&app, &ada, &adas, (&payer, "attorney_view_and_pay")).await.expect(201);
    add(&app, &ada, &adas, (&payer, "attorney_view")).await.refused(409, "already_owner");
    let shown = get(&app, &viewer, &path_of(&adas, "")).await.expect(200).json();
    assert_eq!(shown["role"], "attorney_view");
    let listed = get(&app, &viewer, "/api/v1/accounts").await.expect(200).json();
    assert_eq!(listed["items"][0]["role"], "attorney_view");
    assert!(matches!(may(&app, &viewer, &adas, Need::Pay).await, Err(AccountError::Forbidden(_))));
    assert_eq!(may(&app, &payer, &adas, Need::Pay).await.unwrap(), 1);
    for attorney in [&viewer, &payer] {
        let path = path_of(&adas, "");
        patch(&app, attorney, &path, &json!({ "nickname": "x" })).await.refused(403, "forbidden");
        patch(&app, attorney, &path_of(&adas, "/limits"), &json!({})).await.refused(403, "forbidden");
        post(&app, attorney, &path_of(&adas, "/close"), &json!({})).await.refused(403, "forbidden");
        let friend = person(&app.bank, Role::Customer).await;
        add(&app, attorney, &adas, (&friend, "attorney_view")).await.refused(403, "forbidden");
        remove(&app, attorney, &adas, &ada).await.refused(403, "forbidden");
    }
    remove(&app, &viewer, &adas, &viewer).await.expect(204);
    get(&app, &viewer, &path_of(&adas, "")).await.refused(404, "not_found");
    remove(&app, &ada, &adas, &payer).await.expect(204);
    remove(&app, &ada, &adas, &payer).await.refused(404, "not_found");
    assert!(matches!(may(&app, &payer, &adas, Need::Pay).await, Err(AccountError::NotFound)));
}

#[tokio::test]
async fn holders_come_and_go_by_staff_and_the_last_one_stays() {
    let app = bank_app().await;
    let (ada, bob) = (customer(&app).await, customer(&app).await);
    let adas = account(&app, &ada).await;
    let support = person(&app.bank, Role::Support).await;
    add(&app, &ada, &adas, (&bob, "joint_any_signs")).await.refused(403, "holders_by_staff_only");
    let unreasoned = json!({ "user_id": id_of(&bob), "role": "joint_any_signs" });
    post(&app, &support, &path_of(&adas, "/owners"), &unreasoned).await.refused(422, "invalid_input");
    add(&app, &support, &adas, (&bob, "joint_any_signs")).await.expect(201);
    assert_eq!(may(&app, &bob, &adas, Need::Pay).await.unwrap(), 1);
    patch(&app, &bob, &path_of(&adas, ""), &json!({ "nickname": "ours" })).await.expect(200);
    remove(&app, &bob, &adas, &ada).await.refused(403, "holders_by_staff_only");
    remove(&app, &bob, &adas, &bob).await.refused(403, "holders_by_staff_only");
    delete(&app, &support, &path_of(&adas, &format!("/owners/{}", id_of(&ada))))
        .await
        .refused(422, "invalid_input");
    remove(&app, &support, &adas, &ada).await.expect(204);
    remove(&app, &support, &adas, &bob).await.refused(409, "last_holder");
    get(&app, &ada, &path_of(&adas, "")).await.refused(404, "not_found");
    let owners = get(&app, &bob, &path_of(&adas, "/owners")).await.expect(200).json();
    assert_eq!(owners["items"].as_array().unwrap().len(), 1);
    let log = log_of(&app, &adas["id"]).await;
    assert_eq!(log, ["account.open", "account.add_owner", "account.rename", "account.remove_owner"]);
}

#[tokio::test]
async fn where_all_sign_one_holder_decides_nothing_that_binds_the_others() {
    let app = bank_app().await;
    let (ada, bob, eve) = (customer(&app).await, customer(&app).await, customer(&app).await);
    let adas = account(&app, &ada).await;
    let support = person(&app.bank, Role::Support).await;
    add(&app, &support, &adas, (&bob, "joint_all_sign")).await.expect(201);
    for holder in [&ada, &bob] {
        assert_eq!(may(&app, holder, &adas, Need::Pay).await.unwrap(), 2);
        let refused = post(&app, holder, &path_of(&adas, "/close"), &json!({}))
            .await
            .refused(403, "joint_signature_required");
        assert_eq!(refused.json()["signatures_required"], 2);
        add(&app, holder, &adas, (&eve, "attorney_view")).await.refused(403, "joint_signature_required");
        let limits = path_of(&adas, "/limits");
        let raise = json!({ "single": { "amount_minor": 1_000_001, "currency": "GBP" } });
        patch(&app, holder, &limits, &raise).await.refused(403, "joint_signature_required");
        let lower = json!({ "single": { "amount_minor": 900, "currency": "GBP" } });
        patch(&app, holder, &limits, &lower).await.expect(200);
    }
    add(&app, &support, &adas, (&eve, "attorney_view_and_pay")).await.expect(201);
    assert_eq!(may(&app, &eve, &adas, Need::Pay).await.unwrap(), 2, "an attorney does not sign for both");
    remove(&app, &ada, &adas, &eve).await.expect(204);
}

#[tokio::test]
async fn an_owner_must_be_a_verified_customer_and_so_must_all_holders_when_money_leaves() {
    let app = bank_app().await;
    let (ada, new) = (customer(&app).await, person(&app.bank, Role::Customer).await);
    let adas = account(&app, &ada).await;
    add(&app, &ada, &adas, (&new, "attorney_view")).await.refused(422, "kyc_level_too_low");
    let auditor = person(&app.bank, Role::Auditor).await;
    add(&app, &ada, &adas, (&auditor, "attorney_view")).await.refused(422, "customer_not_found");
    assert_eq!(may(&app, &ada, &adas, Need::Pay).await.unwrap(), 1);
    let compliance = person(&app.bank, Role::Compliance).await;
    let down = json!({ "level": 0, "reason": "the passport has expired" });
    post(&app, &compliance, &format!("/api/v1/users/{}/kyc-level", id_of(&ada)), &down).await.expect(200);
    assert!(matches!(may(&app, &ada, &adas, Need::Pay).await, Err(AccountError::Kyc(_))));
    assert_eq!(may(&app, &ada, &adas, Need::View).await.unwrap(), 1);
    let wrong = json!({ "user_id": id_of(&new), "role": "king" });
    post(&app, &ada, &path_of(&adas, "/owners"), &wrong).await.refused(422, "invalid_input");
}

#[tokio::test]
async fn two_who_remove_the_two_last_holders_at_once_leave_one() {
    let app = bank_app().await;
    let (ada, bob) = (customer(&app).await, customer(&app).await);
    let adas = account(&app, &ada).await;
    let support = person(&app.bank, Role::Support).await;
    add(&app, &support, &adas, (&bob, "joint_any_signs")).await.expect(201);
    let (one, other) = tokio::join!(remove(&app, &support, &adas, &ada), remove(&app, &support, &adas, &bob));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
}
