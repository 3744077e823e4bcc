//! What accounts elsewhere say: standing orders, direct debits, income and spending.

use bank::openbanking::service::revoke;
use serde_json::{Value, json};

use super::tokens::id;
use super::{BASE, Stage};

#[tokio::test]
async fn standing_orders_and_direct_debits_are_shown_as_the_bank_lists_them_now() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    stage.app.run_jobs().await;
    let at = |rest: String| format!("{BASE}/connections/{}/{rest}", connection.as_str().unwrap());
    let accounts = stage.app.get(&at("accounts".to_owned())).by(&ada).send().await.expect(200).json();
    let mut orders = Vec::new();
    for account in accounts["items"].as_array().unwrap() {
        let of = |what: &str| at(format!("accounts/{}/{what}", account["id"].as_str().unwrap()));
        let found = stage.app.get(&of("standing-orders")).by(&ada).send().await.expect(200).json();
        let debits = stage.app.get(&of("direct-debits")).by(&ada).send().await.expect(200).json();
        let (found, debits) = (found["items"].as_array().unwrap(), debits["items"].as_array().unwrap());
        if account["kind"] == "card" {
            assert!(found.is_empty() && debits.is_empty(), "{account}");
        }
        if !found.is_empty() {
            assert!(!debits.is_empty());
            let energy = debits.iter().find(|debit| debit["name"].as_str().unwrap().contains("ENERGY"));
            assert_eq!(energy.unwrap()["previous_minor"], json!(7_840));
        }
        orders.extend(found.clone());
    }
    let rent = orders.iter().find(|order| order["payee"] == "HARBOUR LETTINGS").expect("the rent");
    assert_eq!(
        (&rent["next"]["amount_minor"], &rent["is_active"], &rent["frequency"]),
        (&json!(95_000), &json!(true), &json!("IntrvlMnthDay:01:01"))
    );
    assert_eq!(rent["final"], Value::Null, "it never ends");
    let stored = stage.app.rows("truelayer_instructions").await;
    assert!(!stored.contains("HARBOUR"), "names stand in no column");
    // Another reading takes the place of the last.
    let before = stored.lines().count();
    stage.advance(chrono::Duration::minutes(61)).await;
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    stage.app.post(&at("sync".to_owned())).by(&ada).send().await.expect(200);
    assert_eq!(stage.app.rows("truelayer_instructions").await.lines().count(), before);
    revoke(&stage.app.bank, &stage.app.caller_of(&ada), id(&connection)).await.unwrap();
    stage.advance(chrono::Duration::days(30)).await;
    bank::openbanking::service::erase_due(&stage.app.bank).await.unwrap();
    assert_eq!(stage.app.rows("truelayer_instructions").await, "");
}

#[tokio::test]
async fn income_spending_and_what_recurs_are_added_up_over_all_links_without_own_transfers() {
    let stage = Stage::new().await;
    let (ada, _) = stage.linked().await;
    stage.app.run_jobs().await;
    let ask = |query: &str| stage.app.get(&format!("{BASE}/insights{query}")).by(&ada);
    let found = ask("").send().await.expect(200).json();
    assert_eq!((&found["from"], &found["to"]), (&json!("2025-04-01"), &json!("2026-03-02")));
    assert_eq!(found["complete_through"], json!("2026-03-02"));
    let months = found["months"].as_array().unwrap();
    assert_eq!(months.len(), 12, "one currency, twelve months");
    let february = months.iter().find(|month| month["month"] == "2026-02").unwrap();
    let number = |name: &str| february[name].as_i64().unwrap();
    assert!(number("income_minor") >= 285_000, "the salary and the business: {february}");
    assert_eq!(number("left_minor"), number("income_minor") - number("spending_minor"));
    let categories = february["categories"].as_array().unwrap();
    let sum: i64 = categories.iter().map(|category| category["amount_minor"].as_i64().unwrap()).sum();
    assert_eq!(sum, number("spending_minor"));
    let recurring = found["recurring"].as_array().unwrap();
    let party = |text: &str| recurring.iter().find(|one| one["party"].as_str().unwrap().contains(text));
    let salary = party("SALARY").expect("the salary recurs");
    assert_eq!((&salary["interval"], &salary["direction"]), (&json!("monthly"), &json!("credit")));
    assert!(party("SAVER").is_none(), "own transfers are neither income nor spending: {recurring:?}");
    assert_eq!(ask("?months=1").send().await.expect(200).json()["months"].as_array().unwrap().len(), 1);
    for query in ["?months=0", "?months=25", "?months=x", "?year=2026"] {
        ask(query).send().await.expect(422);
    }
    let eve = stage.app.customer("Eve Moneypenny").await;
    let none = stage.app.get(&format!("{BASE}/insights")).by(&eve).send().await.expect(200).json();
    assert_eq!((&none["accounts"], &none["months"]), (&json!(0), &json!([])));
}
