//! Balances now and in the past, and what is held.

use chrono::Duration;
use kernel::{Currency, Money};
use ledger::{Action, ChartCode, chart};
use serde_json::{Value, json};

use crate::people::{account, account_id, bank_app, customer, fund, get, path_of, pay};

fn gbp(minor: i64) -> Value {
    json!({ "amount_minor": minor, "currency": "GBP" })
}

#[tokio::test]
async fn a_balance_is_shown_now_on_a_day_and_at_an_instant() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let adas = account(&app, &ada).await;
    let balance = async |query: &str| {
        get(&app, &ada, &path_of(&adas, &format!("/balance{query}"))).await.expect(200).json()
    };
    fund(&app.bank, &adas, 1_000).await;
    app.bank.clock.advance(Duration::days(1));
    fund(&app.bank, &adas, 500).await;
    let now = balance("").await;
    assert_eq!((&now["ledger"], &now["held"], &now["available"]), (&gbp(1_500), &gbp(0), &gbp(1_500)));
    assert_eq!(now["as_of"], Value::Null);
    for (as_of, minor) in [
        ("2026-03-01", 0),
        ("2026-03-02", 1_000),
        ("2026-03-03", 1_500),
        ("2026-03-02T08:59:59Z", 0),
        ("2026-03-02T09:00:00Z", 1_000),
        ("2026-03-03T08:59:59Z", 1_000),
        ("2026-03-03T09:00:00Z", 1_500),
    ] {
        let past = balance(&format!("?as_of={as_of}")).await;
        assert_eq!(past["ledger"], gbp(minor), "{as_of}");
        assert_eq!((&past["held"], &past["as_of"]), (&Value::Null, &json!(as_of)));
    }
    for wrong in ["2026-03-04", "2026-03-03T09:00:01Z", "yesterday", "2026-02-30"] {
        let path = path_of(&adas, &format!("/balance?as_of={wrong}"));
        get(&app, &ada, &path).await.refused(422, "invalid_input");
    }
}

#[tokio::test]
async fn holds_are_listed_by_what_became_of_them() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let adas = account(&app, &ada).await;
    fund(&app.bank, &adas, 1_000).await;
    let (debit, credit) = (account_id(&adas), chart::account_id(ChartCode::Cash, Currency::GBP));
    let hold = |minor, expires_at| Action::Hold {
        debit,
        credit,
        amount: Money::new(minor, Currency::GBP),
        expires_at,
    };
    let captured = pay(&app.bank, hold(100, None)).await;
    app.bank.clock.advance(Duration::seconds(1));
    let soon = app.bank.now() + Duration::minutes(1);
    let expiring = pay(&app.bank, hold(200, Some(soon))).await;
    let part = Money::new(60, Currency::GBP);
    pay(&app.bank, Action::Capture { hold: captured, amount: Some(part) }).await;
    let held = get(&app, &ada, &path_of(&adas, "/balance")).await.expect(200).json();
    assert_eq!((&held["held"], &held["available"]), (&gbp(200), &gbp(740)));
    let list = async |query: &str| {
        get(&app, &ada, &path_of(&adas, &format!("/holds{query}"))).await.expect(200).json()
    };
    let all = list("").await;
    assert_eq!((&all["items"][0]["id"], &all["items"][1]["id"]), (&json!(expiring), &json!(captured)));
    assert_eq!((&all["items"][1]["captured"], &all["items"][1]["state"]), (&gbp(60), &json!("captured")));
    assert_eq!(list("?state=pending").await["items"][0]["id"], json!(expiring));
    app.bank.clock.advance(Duration::minutes(2));
    assert_eq!(list("?state=pending").await["items"], json!([]), "its time is over before the job comes");
    assert_eq!(list("?state=expired").await["items"][0]["state"], "expired");
    let first = list("?limit=1").await;
    let next = list(&format!("?limit=1&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((&next["items"][0]["id"], &next["next"]), (&json!(captured), &Value::Null));
}
