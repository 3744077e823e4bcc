//! The monthly fee of products that have one.

use bank::Role;
use bank::accounts::service::{FeesCharged, charge_fees};
use chrono::Duration;
use serde_json::{Value, json};

use crate::harness::App;
use crate::people::{bank_app, fund, get, id_of, path_of, person, post};

async fn premium(app: &App) -> (bank::Caller, Value) {
    let ada = person(&app.bank, Role::Customer).await;
    let compliance = person(&app.bank, Role::Compliance).await;
    let level = json!({ "level": 2, "reason": "passport and address seen" });
    post(app, &compliance, &format!("/api/v1/users/{}/kyc-level", id_of(&ada)), &level).await.expect(200);
    let opened = post(app, &ada, "/api/v1/accounts", &json!({ "product": "premium-gbp" })).await.expect(201);
    (ada, opened.json())
}

fn charged(charged: u64, refused: u64) -> FeesCharged {
    FeesCharged { charged, refused }
}

#[tokio::test]
async fn a_fee_is_charged_once_a_month_from_the_first_full_month_on() {
    let app = bank_app().await;
    let ((ada, rich), (_, poor)) = (premium(&app).await, premium(&app).await);
    fund(&app.bank, &rich, 5_000).await;
    assert_eq!(charge_fees(&app.bank).await.unwrap(), charged(0, 0), "opened in this month");
    app.bank.clock.advance(Duration::days(30));
    assert_eq!(charge_fees(&app.bank).await.unwrap(), charged(1, 1));
    fund(&app.bank, &poor, 1_200).await;
    assert_eq!(charge_fees(&app.bank).await.unwrap(), charged(2, 0), "the rest, nobody twice");
    let balance = get(&app, &ada, &path_of(&rich, "/balance")).await.expect(200).json();
    assert_eq!(balance["ledger"]["amount_minor"], 3_800);
    app.bank.clock.advance(Duration::days(30));
    assert_eq!(charge_fees(&app.bank).await.unwrap(), charged(1, 1), "the next month costs again");
}
