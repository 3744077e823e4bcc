//! What a command would do is told without being done.

use bank::Role;
use serde_json::{Value, json};

use super::{balance, gbp, scene, with};
use crate::people::{account, get, person, post};

const PREVIEW: &str = "/api/v1/cash-operations/preview";

fn cash(account: &Value, kind: &str, minor: i64) -> Value {
    json!({ "kind": kind, "account_id": account["id"], "amount": gbp(minor), "reason": "form 7" })
}

#[tokio::test]
async fn a_cash_operation_is_foreseen_with_both_balances_and_nothing_moves() {
    let s = scene().await;
    let teller = person(&s.app.bank, Role::Operations).await;
    let told = post(&s.app, &teller, PREVIEW, &cash(&s.adas, "withdrawal", 40_000)).await.expect(200).json();
    let movement = &told["effect"]["movements"][0];
    assert_eq!(told["needs_second_person"], false);
    assert_eq!((&movement["debit"]["account_id"], &movement["amount"]), (&s.adas["id"], &gbp(40_000)));
    assert_eq!(movement["debit"]["balance_now"], gbp(100_000));
    assert_eq!(movement["debit"]["balance_after"], gbp(60_000));
    assert_eq!(movement["debit"]["holders"], json!(["ada"]));
    assert_eq!((&movement["credit"]["name"], &movement["credit"]["holders"]), (&json!("Cash"), &json!([])));
    assert_eq!(told["effect"]["refusal"], json!(null));
    let large = post(&s.app, &teller, PREVIEW, &cash(&s.adas, "deposit", 100_000)).await.expect(200).json();
    assert_eq!(large["needs_second_person"], true);
    let short =
        post(&s.app, &teller, PREVIEW, &cash(&s.adas, "withdrawal", 100_001)).await.expect(200).json();
    assert_eq!(short["effect"]["refusal"]["code"], "insufficient_funds");
    assert_eq!(short["effect"]["refusal"]["available"], gbp(100_000));
    assert_eq!(short["effect"]["movements"][0]["debit"]["balance_after"], json!(null));
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await, (100_000, 100_000));
    for (body, code) in [
        (with(cash(&s.adas, "deposit", 1), "account_id", "acc_00000000000000000000000001"), 404),
        (cash(&s.adas, "deposit", 0), 422),
    ] {
        post(&s.app, &teller, PREVIEW, &body).await.expect(code);
    }
}

#[tokio::test]
async fn a_reversal_is_foreseen_and_the_journal_names_the_approval_behind_a_transfer() {
    let s = scene().await;
    let (teller, chief) =
        (person(&s.app.bank, Role::Operations).await, person(&s.app.bank, Role::Operations).await);
    let key = |key: &str, body: &Value| {
        let call = s.app.post("/api/v1/cash-operations").key(key).json(body);
        crate::people::signed(call, &teller)
    };
    let asked = key("1", &cash(&s.adas, "deposit", 200_000)).send().await.expect(202).json();
    let path = format!("/api/v1/approvals/{}", asked["approval_id"].as_str().unwrap());
    let shown = get(&s.app, &chief, &path).await.expect(200).json();
    assert_eq!(shown["effect"]["movements"][0]["credit"]["balance_after"], gbp(300_000));
    let made = post(&s.app, &chief, &format!("{path}/approve"), &json!({})).await.expect(200).json();
    let id = made["result"]["transfer_id"].as_str().unwrap();
    let detail = get(&s.app, &chief, &format!("/api/v1/transactions/{id}")).await.expect(200).json();
    assert_eq!(detail["origin"]["approval_id"], asked["approval_id"]);
    assert_eq!(
        (&detail["origin"]["authority"], &detail["entries"][0]["amount"]),
        (&json!("staff"), &gbp(200_000))
    );
    assert_eq!(detail["entries"].as_array().unwrap().len(), 2, "staff see both sides");
    let own = get(&s.app, &s.ada, &format!("/api/v1/transactions/{id}")).await.expect(200).json();
    assert_eq!((&own["origin"], own["entries"].as_array().unwrap().len()), (&json!(null), 1));

    let told = get(&s.app, &teller, &format!("/api/v1/transfers/{id}/reversal")).await.expect(200).json();
    assert_eq!(told["needs_second_person"], true);
    assert_eq!(told["effect"]["movements"][0]["debit"]["balance_after"], gbp(100_000));
    let elsewhere = account(&s.app, &s.ada).await;
    super::pay(&s.app, &s.ada, "gone", &super::own(&s.adas, &elsewhere, 250_000)).await.expect(201);
    let told = get(&s.app, &teller, &format!("/api/v1/transfers/{id}/reversal")).await.expect(200).json();
    assert_eq!(told["effect"]["refusal"]["code"], "insufficient_funds");
    let path = format!("/api/v1/transfers/{id}/reversal?force=true");
    let told = get(&s.app, &teller, &path).await.expect(200).json();
    assert_eq!(told["effect"]["movements"][0]["debit"]["balance_after"], gbp(-150_000));
    assert_eq!(balance(&s.app, &s.ada, &s.adas).await.0, 50_000);
}
