//! What is true of every list of the document: what it costs, and what it says to a cursor of another one.

use std::collections::BTreeMap;

use bank::{Caller, Role};
use kernel::Currency;
use ledger::{Action, ChartCode, chart};
use serde_json::{Value, json};

use crate::harness::App;
use crate::people::{account, account_id, bank_app, customer, fund, get, id_of, pay, person, post};

/// The most statements of one list.
const MOST: u64 = 5;
/// What the audit row of a look by staff costs besides.
const LOOK: u64 = 2;
/// How much there is to list: more than one of each, so that one statement for each would show.
const EACH: usize = 8;

/// Every list of the document: its path, with a real account where it wants one.
fn lists(app: &App, account: &Value) -> Vec<String> {
    let document = serde_json::to_value(&app.document).expect("JSON");
    let paths = document["paths"].as_object().expect("paths").iter();
    let is_list = |item: &Value| item["get"]["responses"]["200"].to_string().contains("PageResponse");
    let id = account["id"].as_str().expect("an id");
    let lists = paths.filter(|(_, item)| is_list(item)).map(|(path, _)| path.replace("{id}", id));
    lists.collect()
}

#[tokio::test]
async fn no_list_costs_more_than_five_statements() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let mut accounts = Vec::new();
    for _ in 0..EACH {
        let account = account(&app, &ada).await;
        fund(&app.bank, &account, 1_000).await;
        let credit = chart::account_id(ChartCode::Cash, Currency::GBP);
        let (debit, amount) = (account_id(&account), kernel::Money::new(1, Currency::GBP));
        pay(&app.bank, Action::Hold { debit, credit, amount, expires_at: None }).await;
        accounts.push(account);
    }
    let mut people: Vec<(Role, Caller)> = vec![(Role::Customer, ada.clone())];
    for role in [Role::Admin, Role::Auditor, Role::Operations, Role::Compliance, Role::Support] {
        people.push((role, person(&app.bank, role).await));
    }
    let path = format!("/api/v1/users/{}/notes", id_of(&ada));
    post(&app, &people[5].1, &path, &json!({ "text": "called twice" })).await;
    let mut costs: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for list in lists(&app, &accounts[0]) {
        for (role, caller) in &people {
            let before = app.bank.db.statements();
            if get(&app, caller, &list).await.status == 200 {
                let most = if role.is_staff() { MOST + LOOK } else { MOST };
                costs.insert(format!("{list} as {role}"), (app.bank.db.statements() - before, most));
            }
        }
    }
    assert!(costs.len() >= 20, "{costs:?}");
    let dear: Vec<_> = costs.iter().filter(|(_, (cost, most))| cost > most).collect();
    assert!(dear.is_empty(), "{dear:?}");
    assert!(costs.values().all(|(cost, _)| *cost > 0), "statements are counted: {costs:?}");
}

#[tokio::test]
async fn a_cursor_that_the_list_did_not_make_is_refused() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let account = account(&app, &ada).await;
    let admin = person(&app.bank, Role::Admin).await;
    let mut refused = 0;
    for list in lists(&app, &account) {
        for caller in [&ada, &admin] {
            if get(&app, caller, &list).await.status != 200 {
                continue;
            }
            for after in ["", "!", "bm90IGEga2V5"] {
                let answer = get(&app, caller, &format!("{list}?after={after}")).await;
                assert_eq!(answer.status, 422, "{list}?after={after}: {}", answer.text());
                refused += 1;
            }
        }
    }
    assert!(refused > 20, "{refused}");
}
