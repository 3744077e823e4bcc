//! Accounts through their routes: opening, naming, limiting, stopping, closing.

use std::collections::BTreeSet;

use bank::accounts::{PendingWork, service as accounts};
use bank::{Permission, Permissions, Role};
use kernel::{Actor, ApiKeyId, Currency, Money};
use ledger::{Action, ChartCode, chart};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::App;
use crate::people::{
    account, account_id, bank_app, customer, fund, get, id_of, log_of, patch, path_of, pay, person, post,
    signed,
};

const NOBODYS: &str = "acc_00000000000000000000000001";

fn gbp(minor: i64) -> Value {
    json!({ "amount_minor": minor, "currency": "GBP" })
}

#[tokio::test]
async fn a_verified_customer_opens_an_account_and_sees_it() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let body = json!({ "product": "current-gbp", "nickname": " Household " });
    let opened = post(&app, &ada, "/api/v1/accounts", &body).await.expect(201).json();
    let number = opened["number"].as_str().unwrap();
    assert!(number.starts_with("GB") && number.contains("FLRN040004100000"), "{number}");
    assert_eq!(opened["nickname"], "Household");
    assert_eq!((&opened["status"], &opened["role"]), (&json!("open"), &json!("holder")));
    assert_eq!(opened["balance"], json!({ "ledger": gbp(0), "held": gbp(0), "available": gbp(0) }));
    assert_eq!(opened["limits"]["single"], gbp(1_000_000));
    assert_eq!(get(&app, &ada, &path_of(&opened, "")).await.expect(200).json(), opened);
    let list = get(&app, &ada, "/api/v1/accounts").await.expect(200).json();
    assert_eq!(list, json!({ "items": [opened], "next": null }));
    assert_eq!(log_of(&app, &opened["id"]).await, ["account.open"]);
}

#[tokio::test]
async fn numbers_follow_the_country_and_are_never_given_twice() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    for (body, start) in [
        (json!({ "product": "savings-eur" }), "DE"),
        (json!({ "product": "savings-eur", "country": "AT" }), "AT"),
        (json!({ "product": "current-usd" }), "091000019:10000000"),
        (json!({ "product": "current-czk" }), "GB"),
    ] {
        let opened = post(&app, &ada, "/api/v1/accounts", &body).await.expect(201).json();
        assert!(opened["number"].as_str().unwrap().starts_with(start), "{opened}");
    }
    let france = json!({ "product": "savings-eur", "country": "FR" });
    post(&app, &ada, "/api/v1/accounts", &france).await.refused(422, "country_not_offered");
    // Some at once: on PostgreSQL they draw from several rows of numbers, and wait at one of them.
    let dollars = json!({ "product": "current-usd" });
    let calls = (0..24).map(|_| post(&app, &ada, "/api/v1/accounts", &dollars));
    let opened = futures_util::future::join_all(calls).await;
    let numbers: BTreeSet<String> =
        opened.into_iter().map(|opened| opened.expect(201).json()["number"].to_string()).collect();
    assert_eq!(numbers.len(), 24, "{numbers:?}");
}

#[tokio::test]
async fn opening_is_refused_for_the_unverified_the_unknown_and_the_unreasoned() {
    let app = bank_app().await;
    let new = person(&app.bank, Role::Customer).await;
    let body = json!({ "product": "current-gbp" });
    let refused = post(&app, &new, "/api/v1/accounts", &body).await.refused(422, "kyc_level_too_low").json();
    assert_eq!((&refused["level"], &refused["required_level"]), (&json!(0), &json!(1)));
    let ada = customer(&app).await;
    let unknown = json!({ "product": "current-xxx" });
    post(&app, &ada, "/api/v1/accounts", &unknown).await.refused(422, "product_not_found");
    for body in [json!({}), json!({ "product": "current-gbp", "nickname": "" }), json!({ "product": 1 })] {
        post(&app, &ada, "/api/v1/accounts", &body).await.refused(422, "invalid_input");
    }
    let for_new = json!({ "product": "current-gbp", "holder_id": id_of(&new) });
    post(&app, &ada, "/api/v1/accounts", &for_new).await.refused(403, "forbidden");
    let support = person(&app.bank, Role::Support).await;
    let nameless = post(&app, &support, "/api/v1/accounts", &body).await.refused(422, "invalid_input").json();
    assert_eq!(nameless["errors"][0]["pointer"], "/holder_id");
    let for_ada = json!({ "product": "current-gbp", "holder_id": id_of(&ada) });
    let unreasoned =
        post(&app, &support, "/api/v1/accounts", &for_ada).await.refused(422, "invalid_input").json();
    assert_eq!(unreasoned["errors"][0]["pointer"], "/reason");
    let mut reasoned = for_ada;
    reasoned["reason"] = json!("asked for in the branch");
    let opened = post(&app, &support, "/api/v1/accounts", &reasoned).await.expect(201).json();
    assert_eq!(opened["role"], Value::Null);
    get(&app, &ada, &path_of(&opened, "")).await.expect(200);
    reasoned["holder_id"] = json!(id_of(&support));
    post(&app, &support, "/api/v1/accounts", &reasoned).await.refused(422, "customer_not_found");
    for role in [Role::Compliance, Role::Auditor, Role::Admin] {
        let other = person(&app.bank, role).await;
        post(&app, &other, "/api/v1/accounts", &body).await.refused(403, "forbidden");
    }
}

#[tokio::test]
async fn a_repeated_key_opens_one_account_and_two_at_once_get_two_numbers() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let body = json!({ "product": "current-gbp" });
    let keyed = |body: Value| signed(app.post("/api/v1/accounts"), &ada).key("once").json(&body).send();
    let (first, again) = (keyed(body.clone()).await.expect(201), keyed(body.clone()).await.expect(201));
    assert_eq!(first.bytes, again.bytes);
    keyed(json!({ "product": "current-eur" })).await.refused(422, "idempotency_key_reused");
    let (one, other) = tokio::join!(account(&app, &ada), account(&app, &ada));
    assert_ne!(one["number"], other["number"]);
    let list = get(&app, &ada, "/api/v1/accounts").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_strangers_account_looks_like_one_that_is_not_there() {
    let app = bank_app().await;
    let (ada, eve) = (customer(&app).await, customer(&app).await);
    let adas = account(&app, &ada).await;
    let nobodys = json!({ "id": NOBODYS });
    for rest in ["", "/balance", "/holds", "/owners"] {
        let theirs = get(&app, &eve, &path_of(&adas, rest)).await.refused(404, "not_found").json();
        let absent = get(&app, &eve, &path_of(&nobodys, rest)).await.refused(404, "not_found").json();
        assert_eq!((&theirs["title"], &theirs["detail"]), (&absent["title"], &absent["detail"]));
    }
    for account in [&adas, &nobodys] {
        let name = json!({ "nickname": "mine" });
        patch(&app, &eve, &path_of(account, ""), &name).await.refused(404, "not_found");
        patch(&app, &eve, &path_of(account, "/limits"), &json!({})).await.refused(404, "not_found");
        post(&app, &eve, &path_of(account, "/close"), &json!({})).await.refused(404, "not_found");
        let freeze = json!({ "reason": "why not" });
        post(&app, &eve, &path_of(account, "/freeze"), &freeze).await.refused(403, "forbidden");
    }
    app.get(&path_of(&adas, "")).send().await.refused(401, "unauthenticated");
    let list = get(&app, &eve, "/api/v1/accounts").await.expect(200).json();
    assert_eq!(list["items"], json!([]));
    let theirs = format!("/api/v1/accounts?owner={}", id_of(&ada));
    get(&app, &eve, &theirs).await.refused(403, "forbidden");
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let adas = account(&app, &ada).await;
    let mut key = ada.clone();
    key.actor = Actor::ApiKey(ApiKeyId::generate(app.bank.now(), &app.bank.random));
    key.permissions = Permissions::NONE;
    get(&app, &key, &path_of(&adas, "")).await.refused(403, "forbidden");
    get(&app, &key, "/api/v1/accounts").await.refused(403, "forbidden");
    key.permissions = [Permission::ReadOwnAccounts].into_iter().collect();
    get(&app, &key, &path_of(&adas, "")).await.expect(200);
    patch(&app, &key, &path_of(&adas, ""), &json!({ "nickname": "x" })).await.refused(403, "forbidden");
    post(&app, &key, "/api/v1/accounts", &json!({ "product": "current-gbp" }))
        .await
        .refused(403, "forbidden");
}

#[tokio::test]
async fn staff_see_all_accounts_filter_them_and_leave_a_trace() {
    let app = bank_app().await;
    let (ada, bob) = (customer(&app).await, customer(&app).await);
    let adas = account(&app, &ada).await;
    patch(&app, &ada, &path_of(&adas, ""), &json!({ "nickname": "Haus 100%" })).await.expect(200);
    app.bank.clock.advance(chrono::Duration::seconds(1));
    let bobs = account(&app, &bob).await;
    let auditor = person(&app.bank, Role::Auditor).await;
    let compliance = person(&app.bank, Role::Compliance).await;
    post(&app, &compliance, &path_of(&bobs, "/freeze"), &json!({ "reason": "a court asks" }))
        .await
        .expect(200);
    let ids = async |query: &str| -> Vec<Value> {
        let path = format!("/api/v1/accounts{query}");
        let page = get(&app, &auditor, &path).await.expect(200).json();
        page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect()
    };
    let (a, b) = (adas["id"].clone(), bobs["id"].clone());
    assert_eq!(ids("").await, [b.clone(), a.clone()]);
    assert_eq!(ids("?status=frozen").await, [b.clone()]);
    assert_eq!(ids("?status=open&product=current-gbp").await, [a.clone()]);
    assert_eq!(ids("?product=savings-gbp").await, Vec::<Value>::new());
    assert_eq!(ids(&format!("?owner={}", id_of(&bob))).await, [b.clone()]);
    assert_eq!(ids("?text=0%25").await, [a.clone()], "a percent sign is itself");
    assert_eq!(ids("?text=haus").await, [a.clone()]);
    assert_eq!(ids("?text=0004100000").await, [b.clone(), a.clone()]);
    let first = get(&app, &auditor, "/api/v1/accounts?limit=1").await.expect(200).json();
    assert_eq!(ids(&format!("?limit=1&after={}", first["next"].as_str().unwrap())).await, [a.clone()]);
    get(&app, &auditor, "/api/v1/accounts?after=!").await.refused(422, "invalid_input");
    get(&app, &auditor, "/api/v1/accounts?after=MQ").await.refused(422, "invalid_input");
    get(&app, &auditor, "/api/v1/accounts?status=lost").await.refused(422, "invalid_input");
    get(&app, &auditor, &path_of(&adas, "")).await.expect(200);
    assert_eq!(log_of(&app, &a).await, ["account.open", "account.rename", "account.view"]);
}

#[tokio::test]
async fn a_nickname_is_set_and_taken_away() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let adas = account(&app, &ada).await;
    let path = path_of(&adas, "");
    let named = patch(&app, &ada, &path, &json!({ "nickname": "Rent" })).await.expect(200).json();
    assert_eq!(named["nickname"], "Rent");
    let nameless = patch(&app, &ada, &path, &json!({ "nickname": null })).await.expect(200).json();
    assert_eq!(nameless["nickname"], Value::Null);
    patch(&app, &ada, &path, &json!({})).await.refused(422, "invalid_input");
    let support = person(&app.bank, Role::Support).await;
    patch(&app, &support, &path, &json!({ "nickname": "Rent" })).await.refused(422, "invalid_input");
    let reasoned = json!({ "nickname": "Rent", "reason": "asked for by phone" });
    patch(&app, &support, &path, &reasoned).await.expect(200);
}

#[tokio::test]
async fn limits_go_down_at_once_and_up_to_the_products_most() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let adas = account(&app, &ada).await;
    let path = path_of(&adas, "/limits");
    let lower = json!({ "single": gbp(5_000), "month": gbp(20_000) });
    let lowered = patch(&app, &ada, &path, &lower).await.expect(200).json();
    assert_eq!((&lowered["limits"]["single"], &lowered["limits"]["day"]), (&gbp(5_000), &gbp(2_500_000)));
    patch(&app, &ada, &path, &json!({ "single": gbp(5_000_000) })).await.expect(200);
    let above = json!({ "single": gbp(5_000_001) });
    let refused = patch(&app, &ada, &path, &above).await.refused(422, "limit_above_maximum").json();
    assert_eq!((&refused["limit"], &refused["maximum"]), (&json!("single"), &gbp(5_000_000)));
    patch(&app, &ada, &path, &json!({ "day": null })).await.refused(422, "limit_above_maximum");
    let euro = json!({ "day": { "amount_minor": 1, "currency": "EUR" } });
    let unusable = patch(&app, &ada, &path, &euro).await.refused(422, "invalid_input").json();
    assert_eq!(unusable["errors"][0]["pointer"], "/day");
    let overdraft = json!({ "overdraft": gbp(1) });
    patch(&app, &ada, &path, &overdraft).await.refused(403, "overdraft_by_staff_only");
    let support = person(&app.bank, Role::Support).await;
    patch(&app, &support, &path, &lower).await.refused(403, "forbidden");
    let operations = person(&app.bank, Role::Operations).await;
    patch(&app, &operations, &path, &lower).await.refused(422, "invalid_input");
    let granted = json!({ "day": null, "overdraft": gbp(200_000), "reason": "a good customer" });
    let granted = patch(&app, &operations, &path, &granted).await.expect(200).json();
    assert_eq!((&granted["limits"]["day"], &granted["overdraft"]), (&Value::Null, &gbp(200_000)));
    assert_eq!(granted["balance"]["available"], gbp(200_000));
    let too_much = json!({ "overdraft": gbp(200_001), "reason": "a very good customer" });
    patch(&app, &operations, &path, &too_much).await.refused(422, "limit_above_maximum");
}

#[tokio::test]
async fn an_account_is_stopped_and_let_go_by_staff_with_a_reason() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let adas = account(&app, &ada).await;
    let compliance = person(&app.bank, Role::Compliance).await;
    let reason = json!({ "reason": "a court asks" });
    for (verb, status) in
        [("block-debits", "debit_blocked"), ("freeze", "frozen"), ("unfreeze", "open"), ("freeze", "frozen")]
    {
        let changed =
            post(&app, &compliance, &path_of(&adas, &format!("/{verb}")), &reason).await.expect(200);
        assert_eq!(changed.json()["status"], status);
    }
    for verb in ["freeze", "block-debits"] {
        let path = path_of(&adas, &format!("/{verb}"));
        let refused = post(&app, &compliance, &path, &reason).await.refused(409, "account_status").json();
        assert_eq!(refused["account_status"], "frozen");
    }
    post(&app, &compliance, &path_of(&adas, "/freeze"), &json!({})).await.refused(422, "invalid_input");
    let nobodys = json!({ "id": NOBODYS });
    post(&app, &compliance, &path_of(&nobodys, "/freeze"), &reason).await.refused(404, "not_found");
    for role in [Role::Support, Role::Auditor, Role::Admin] {
        let other = person(&app.bank, role).await;
        post(&app, &other, &path_of(&adas, "/unfreeze"), &reason).await.refused(403, "forbidden");
    }
    post(&app, &ada, &path_of(&adas, "/unfreeze"), &reason).await.refused(403, "forbidden");
    post(&app, &ada, &path_of(&adas, "/close"), &json!({})).await.refused(409, "account_status");
    let log = log_of(&app, &adas["id"]).await;
    let stopped =
        ["account.open", "account.block_debits", "account.freeze", "account.unfreeze", "account.freeze"];
    assert_eq!(log, stopped);
}

#[tokio::test]
async fn an_account_closes_when_it_is_empty_and_nothing_waits() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let adas = account(&app, &ada).await;
    let (close, id) = (path_of(&adas, "/close"), account_id(&adas));
    fund(&app.bank, &adas, 700).await;
    let refused = post(&app, &ada, &close, &json!({})).await.refused(409, "balance_not_zero").json();
    assert_eq!(refused["balance"], gbp(700));
    let till = chart::account_id(ChartCode::Cash, Currency::GBP);
    let amount = Money::new(700, Currency::GBP);
    let hold = pay(&app.bank, Action::Hold { debit: id, credit: till, amount, expires_at: None }).await;
    let refused = post(&app, &ada, &close, &json!({})).await.refused(409, "holds_pending").json();
    assert_eq!(refused["held"], gbp(700));
    pay(&app.bank, Action::Capture { hold, amount: None }).await;
    let work = PendingWork { account: id, kind: "transfer_signature", subject: Uuid::from_u128(7) };
    let tx = app.bank.db.begin().await.unwrap();
    accounts::begin_work(&app.bank, &tx, work).await.unwrap();
    accounts::begin_work(&app.bank, &tx, work).await.unwrap();
    tx.commit().await.unwrap();
    let refused = post(&app, &ada, &close, &json!({})).await.refused(409, "work_pending").json();
    assert_eq!(refused["kinds"], json!(["transfer_signature"]));
    let tx = app.bank.db.begin().await.unwrap();
    accounts::end_work(&tx, work).await.unwrap();
    tx.commit().await.unwrap();
    let closed = post(&app, &ada, &close, &json!({})).await.expect(200).json();
    assert_eq!((&closed["status"], closed["closed_at"].is_string()), (&json!("closed"), true));
    post(&app, &ada, &close, &json!({})).await.refused(409, "account_closed");
    patch(&app, &ada, &path_of(&adas, ""), &json!({ "nickname": "x" })).await.refused(409, "account_closed");
    patch(&app, &ada, &path_of(&adas, "/limits"), &json!({})).await.refused(409, "account_closed");
    let compliance = person(&app.bank, Role::Compliance).await;
    let reason = json!({ "reason": "too late" });
    post(&app, &compliance, &path_of(&adas, "/freeze"), &reason).await.refused(409, "account_closed");
    let tx = app.bank.db.begin().await.unwrap();
    let late = accounts::begin_work(&app.bank, &tx, work).await;
    assert!(late.is_err());
}

#[tokio::test]
async fn staff_close_a_blocked_account_and_customers_do_not() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let adas = account(&app, &ada).await;
    let operations = person(&app.bank, Role::Operations).await;
    let reason = json!({ "reason": "left the country" });
    post(&app, &operations, &path_of(&adas, "/block-debits"), &reason).await.expect(200);
    post(&app, &ada, &path_of(&adas, "/close"), &json!({})).await.refused(409, "account_status");
    post(&app, &operations, &path_of(&adas, "/close"), &json!({})).await.refused(422, "invalid_input");
    let support = person(&app.bank, Role::Support).await;
    post(&app, &support, &path_of(&adas, "/close"), &reason).await.refused(403, "forbidden");
    post(&app, &operations, &path_of(&adas, "/close"), &reason).await.expect(200);
}

#[tokio::test]
async fn two_closings_at_once_close_once() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let adas = account(&app, &ada).await;
    let path = path_of(&adas, "/close");
    let body = json!({});
    let (one, other) = tokio::join!(post(&app, &ada, &path, &body), post(&app, &ada, &path, &body));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(log_of(&app, &adas["id"]).await, ["account.open", "account.close"]);
}

#[tokio::test]
async fn products_are_listed_for_everybody_signed_in() {
    let app = App::new().await;
    app.get("/api/v1/products").send().await.refused(401, "unauthenticated");
    let ada = person(&app.bank, Role::Customer).await;
    let list = get(&app, &ada, "/api/v1/products").await.expect(200).json();
    let first = &list["items"][0];
    assert_eq!((&first["code"], &first["kind"]), (&json!("current-czk"), &json!("current")));
    assert_eq!(list["items"].as_array().unwrap().len(), 9);
}
