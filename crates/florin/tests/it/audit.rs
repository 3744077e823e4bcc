//! The audit log as staff sees it: filtered, paged, exported.

use bank::audit::{self, AuditFilter, Event, Subject};
use bank::{Bank, Caller, Role};
use kernel::{Actor, ApiKeyId};
use serde_json::{Value, json};

use crate::harness::App;

async fn did(bank: &Bank, caller: &Caller, event: Event) {
    let tx = bank.db.begin().await.expect("a transaction");
    audit::record(bank, &tx, caller, event).await.expect("recorded");
    tx.commit().await.expect("committed");
}

async fn items(app: &App, caller: &Caller, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/audit-log{query}");
    let answer = app.get(&path).extension(caller.clone()).send().await.expect(200).json();
    answer["items"].as_array().expect("rows").clone()
}

fn actions(items: &[Value]) -> Vec<&str> {
    items.iter().map(|row| row["action"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn the_log_is_filtered_by_actor_action_subject_and_time() {
    let app = App::new().await;
    let bank = &app.bank;
    let (alice, auditor) = (app.caller(Role::Operations), app.caller(Role::Auditor));
    let freeze = Event::new("account.freeze", Subject::new("account", "acc_1")).because("fraud suspected");
    did(bank, &alice, freeze.change(json!({"status": "open"}), json!({"status": "frozen"}))).await;
    bank.clock.advance(chrono::Duration::hours(1));
    did(bank, &alice, Event::new("account.close", Subject::new("account", "acc_2"))).await;
    did(bank, &auditor, Event::new("account_number.give", Subject::new("account", "acc_1"))).await;
    let system = Caller::system(alice.request_id);
    did(bank, &system, Event::new("user.lock", Subject::new("user", "usr_1"))).await;
    let by_alice = format!("?actor={}", alice.user_id.expect("a person"));
    for (query, expected) in [
        ("", vec!["user.lock", "account_number.give", "account.close", "account.freeze"]),
        (by_alice.as_str(), vec!["account.close", "account.freeze"]),
        ("?actor=system", vec!["user.lock"]),
        ("?actor_kind=staff&subject=acc_1", vec!["account_number.give", "account.freeze"]),
        ("?action=account.*", vec!["account.close", "account.freeze"]),
        ("?action=account.close", vec!["account.close"]),
        ("?from=2026-03-02T10:00:00Z&action=account.*", vec!["account.close"]),
        ("?to=2026-03-02T10:00:00Z", vec!["account.freeze"]),
    ] {
        assert_eq!(actions(&items(&app, &auditor, query).await), expected, "{query}");
    }
    let first = items(&app, &auditor, "?action=account.freeze").await.remove(0);
    assert_eq!((&first["before"]["status"], &first["after"]["status"]), (&json!("open"), &json!("frozen")));
    assert_eq!((&first["reason"], &first["at"]), (&json!("fraud suspected"), &json!("2026-03-02T09:00:00Z")));
    for query in
        ["?actor=nobody", "?action=account", "?actor_kind=ghost", "?from=monday", "?limit=0", "?after=!"]
    {
        let path = format!("/api/v1/audit-log{query}");
        app.get(&path).extension(auditor.clone()).send().await.refused(422, "invalid_input");
    }
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition() {
    let app = App::new().await;
    let (staff, auditor) = (app.caller(Role::Operations), app.caller(Role::Auditor));
    for number in 0..7 {
        did(&app.bank, &staff, Event::new("test.act", Subject::new("test", number))).await;
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let path = format!("/api/v1/audit-log{query}");
        let page = app.get(&path).extension(auditor.clone()).send().await.expect(200).json();
        seen.extend(page["items"].as_array().expect("rows").iter().map(|row| row["subject"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=3&after={next}");
    }
    assert_eq!(seen, ["6", "5", "4", "3", "2", "1", "0"]);
}

#[tokio::test]
async fn an_export_has_every_row_and_is_itself_one() {
    let app = App::new().await;
    let (staff, auditor) = (app.caller(Role::Operations), app.caller(Role::Auditor));
    for number in 0..1_003 {
        let event = Event::new("test.act", Subject::new("test", number)).because("=cmd|' /C calc'!A0");
        did(&app.bank, &staff, event).await;
    }
    let path = "/api/v1/audit-log/export?action=test.*";
    let answer = app.get(path).extension(auditor.clone()).send().await.expect(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let text = answer.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 1_004, "a header and the rows");
    assert!(format!("{}\r\n", lines[0]) == audit::HEADER);
    assert!(lines[1].contains(",test,1002,'=cmd"), "no formula: {}", lines[1]);
    assert!(lines[1_003].contains(",test,0,"), "{}", lines[1_003]);
    let taken = items(&app, &auditor, "?action=audit.export").await;
    assert_eq!(taken[0]["after"]["action"], "test.*");
}

#[tokio::test]
async fn only_those_who_may_see_the_log_see_it() {
    let app = App::new().await;
    for path in ["/api/v1/audit-log", "/api/v1/audit-log/export"] {
        app.get(path).send().await.refused(401, "unauthenticated");
        for role in [Role::Customer, Role::Support, Role::Operations] {
            app.get(path).extension(app.caller(role)).send().await.refused(403, "forbidden");
        }
    }
}

#[tokio::test]
async fn a_look_at_a_customers_data_is_a_row_when_staff_looks() {
    let app = App::new().await;
    let bank = &app.bank;
    let support = app.caller(Role::Support);
    let customer = app.caller(Role::Customer);
    let key = Actor::ApiKey(ApiKeyId::generate(bank.now(), &bank.random));
    let (machine, own) =
        (Caller { actor: key, ..support.clone() }, Caller { actor: key, ..customer.clone() });
    for looks in [&support, &machine, &customer, &own, &Caller::system(support.request_id)] {
        let event = Event::new("account.read", Subject::new("account", "acc_1"));
        audit::record_read(bank, looks, event).await.expect("recorded");
    }
    let auditor = app.caller(Role::Auditor);
    let page = audit::list(bank, &auditor, &AuditFilter::default(), kernel::PageRequest::first()).await;
    let kinds: Vec<_> = page.expect("a page").items.into_iter().map(|row| row.actor_kind).collect();
    assert_eq!(kinds, ["api_key", "staff"]);
    let reading = items(&app, &auditor, "").await.len();
    assert_eq!(items(&app, &auditor, "").await.len(), reading, "reading the log does not lengthen it");
}
