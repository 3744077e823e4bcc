//! What is read of accounts elsewhere: everything once, the news afterwards, nothing twice, and no more often than banks allow.

use bank::openbanking::service::{Pulled, erase_due, pull, pull_due, revoke};
use bank::openbanking::{OpenBankingError, Purpose};
use chrono::Duration;
use serde_json::{Value, json};
use truelayer::simulator::{AddedTransaction, AuthorizationOutcome, Fault, FaultKind, Modes};

use super::tokens::{count, id};
use super::{BASE, Stage};
use crate::harness::{Answer, Person};

impl Stage {
    /// Links the mock bank and reads what is there.
    async fn read_in(&self) -> (Person, Value) {
        let (ada, connection) = self.linked().await;
        self.app.run_jobs().await;
        (ada, connection)
    }

    async fn of(&self, person: &Person, connection: &Value, rest: &str) -> Answer {
        let path = format!("{BASE}/connections/{}/{rest}", connection.as_str().unwrap());
        self.app.get(&path).by(person).send().await
    }

    async fn accounts(&self, person: &Person, connection: &Value) -> Vec<Value> {
        let list = self.of(person, connection, "accounts").await.expect(200).json();
        list["items"].as_array().unwrap().clone()
    }

    /// Lists the booked rows of an account, page by page.
    async fn rows(&self, person: &Person, connection: &Value, account: &Value) -> Vec<Value> {
        let (mut rows, mut after) = (Vec::new(), String::new());
        loop {
            let rest = format!("accounts/{}/transactions?limit=200{after}", account["id"].as_str().unwrap());
            let page = self.of(person, connection, &rest).await.expect(200).json();
            rows.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { return rows };
            after = format!("&after={next}");
        }
    }

    async fn sync(&self, person: &Person, connection: &Value) -> Answer {
        let path = format!("{BASE}/connections/{}/sync", connection.as_str().unwrap());
        self.app.post(&path).by(person).send().await
    }

    /// Moves money on the customer's current account at the mock bank.
    async fn move_there(&self, amount_minor: i64, description: &str, pending: bool) {
        let credentials_id = self.simulator.control().links()[0].credentials_id.clone();
        let added = AddedTransaction {
            credentials_id,
            account: "current".to_owned(),
            amount_minor,
            description: description.to_owned(),
            pending,
        };
        self.simulator.control().add_transaction(&added).await.unwrap();
    }

    fn calls_to(&self, part: &str) -> usize {
        self.simulator.control().calls().iter().filter(|call| call.path.ends_with(part)).count()
    }

    fn strike_at(&self, path: &str, kind: FaultKind, count: u32) {
        self.simulator.control().add_fault(Fault { path: path.to_owned(), kind, count });
    }

    async fn event(&self, connection: &Value) -> Result<Pulled, OpenBankingError> {
        pull(&self.app.bank, id(connection), (Purpose::Event, None)).await
    }
}

fn refuse(status: u16, code: &str) -> FaultKind {
    FaultKind::Refuse { status, code: code.to_owned() }
}

/// The account on which most happens.
fn current(accounts: &[Value]) -> &Value {
    let is_it = |account: &&Value| account["name"].as_str().is_some_and(|name| name.contains("Current"));
    accounts.iter().find(is_it).unwrap_or_else(|| panic!("{accounts:?}"))
}

#[tokio::test]
async fn a_link_brings_accounts_balances_and_two_years_and_shows_no_number() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.read_in().await;
    let accounts = stage.accounts(&ada, &connection).await;
    assert!(accounts.len() >= 2, "{accounts:?}");
    for account in &accounts {
        assert!(account["name"].is_string() && account["balance_at"].is_string(), "{account}");
        assert_eq!(account["complete_through"], "2026-03-02", "{account}");
        assert!(account["number_end"].as_str().is_some_and(|end| end.chars().count() == 5), "{account}");
        let rest = format!("accounts/{}/balance", account["id"].as_str().unwrap());
        let balance = stage.of(&ada, &connection, &rest).await.expect(200).json();
        assert_eq!(balance["current_minor"], account["current_minor"]);
    }
    let account = current(&accounts);
    let rows = stage.rows(&ada, &connection, account).await;
    assert!(rows.len() > 100, "{} rows", rows.len());
    assert!(rows.iter().all(|row| row["description"].is_string() && row["amount_minor"].as_i64() > Some(0)));
    let days: Vec<_> = rows.iter().map(|row| row["booked_on"].as_str().unwrap()).collect();
    assert!(days.is_sorted_by(|one, next| one >= next), "the newest first");
    let text = rows[0]["description"].as_str().unwrap();
    for table in ["truelayer_accounts", "truelayer_transactions"] {
        let kept = stage.app.rows(table).await;
        assert!(!kept.contains(text) && !kept.contains("GB29") && kept.contains("v1."), "{table} is sealed");
    }
    let log = stage.app.rows("truelayer_audit_logs").await;
    for action in ["ACCOUNTS_FETCHED", "BALANCE_FETCHED", "TRANSACTIONS_FETCHED"] {
        assert_eq!(log.matches(action).count(), 1, "{action} in {log}");
    }
}

#[tokio::test]
async fn news_come_once_and_what_was_announced_is_booked_in_its_place() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.read_in().await;
    let account = current(&stage.accounts(&ada, &connection).await).clone();
    let before = stage.rows(&ada, &connection, &account).await.len();
    stage.advance(Duration::minutes(61)).await;
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    let same = stage.sync(&ada, &connection).await.expect(200).json();
    assert_eq!((&same["changed"], &same["removed"]), (&json!(0), &json!(0)), "under other names: {same}");
    stage.move_there(-1_234, "NEW BOOTS", false).await;
    stage.move_there(-777, "COFFEE TO COME", true).await;
    stage.advance(Duration::minutes(61)).await;
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    let got = stage.sync(&ada, &connection).await.expect(200).json();
    assert_eq!((&got["is_complete"], &got["removed"]), (&json!(true), &json!(0)), "{got}");
    let rows = stage.rows(&ada, &connection, &account).await;
    assert!(rows.len() > before);
    assert_eq!(rows.iter().filter(|row| row["description"] == "NEW BOOTS").count(), 1);
    let rest = format!("accounts/{}/transactions?pending=true", account["id"].as_str().unwrap());
    let announced = stage.of(&ada, &connection, &rest).await.expect(200).text();
    assert!(announced.contains("COFFEE TO COME"), "{announced}");
    let credentials_id = stage.simulator.control().links()[0].credentials_id.clone();
    stage.simulator.control().settle(&credentials_id, "current", 100).await.unwrap();
    stage.advance(Duration::minutes(61)).await;
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    stage.sync(&ada, &connection).await.expect(200);
    let again = stage.sync(&ada, &connection).await.expect(200).json();
    assert_eq!((&again["added"], &again["changed"], &again["removed"]), (&json!(0), &json!(0), &json!(0)));
    let rows = stage.rows(&ada, &connection, &account).await;
    assert_eq!(rows.iter().filter(|row| row["description"] == "COFFEE TO COME").count(), 1);
    assert!(!stage.of(&ada, &connection, &rest).await.expect(200).text().contains("COFFEE TO COME"));
}

#[tokio::test]
async fn four_times_a_day_without_the_customer_and_as_often_as_they_like_with_them() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.read_in().await;
    let calls = || stage.calls_to("/data/v1/accounts");
    assert_eq!(calls(), 1);
    for expected in [2, 3, 4, 4, 4] {
        stage.advance(Duration::minutes(61)).await;
        stage.event(&connection).await.unwrap();
        assert_eq!(calls(), expected);
    }
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    let accounts = stage.accounts(&ada, &connection).await;
    assert!(current(&accounts)["next_attempt_at"].is_string(), "it is said when: {accounts:?}");
    for expected in [5, 6, 7] {
        stage.sync(&ada, &connection).await.expect(200);
        assert_eq!(calls(), expected);
    }
    let attended = stage.simulator.control().calls().iter().filter(|call| call.attended).count();
    assert!(attended > 0, "the bank is told from where they ask");
    stage.advance(Duration::hours(24)).await;
    stage.event(&connection).await.unwrap();
    assert_eq!(calls(), 8);
}

#[tokio::test]
async fn the_schedule_reads_twice_a_day_and_leaves_two_calls_for_events() {
    let stage = Stage::new().await;
    let (_, connection) = stage.read_in().await;
    let mut reads = Vec::new();
    for _ in 0..48 {
        stage.advance(Duration::hours(1)).await;
        pull_due(&stage.app.bank).await.unwrap();
        stage.app.run_jobs().await;
        reads.push(stage.calls_to("/data/v1/accounts"));
    }
    assert_eq!(reads.last(), Some(&5), "after the link twice a day: {reads:?}");
    assert_eq!(count(&stage, "status = 'ACTIVE'").await, 1);
    stage.advance(Duration::minutes(61)).await;
    stage.event(&connection).await.unwrap();
    assert_eq!(stage.calls_to("/data/v1/accounts"), 6, "an event still gets through");
}

#[tokio::test]
async fn a_link_made_anew_shows_the_same_accounts_and_the_same_rows() {
    let stage = Stage::new().await;
    stage.simulator.control().set_modes(Modes { fresh_account_ids: true, ..Modes::default() });
    let (ada, connection) = stage.read_in().await;
    let before = stage.accounts(&ada, &connection).await;
    let rows = stage.rows(&ada, &connection, current(&before)).await;
    let path = format!("{BASE}/connections/{}/reauthenticate", connection.as_str().unwrap());
    let again = stage.app.post(&path).by(&ada).send().await.expect(201).json();
    let query = stage.walk(&again, AuthorizationOutcome::Allow);
    let renewed = stage.come_back(&ada, &query).await.expect(200).json();
    assert_eq!(renewed["id"], connection, "renewed in place");
    stage.advance(Duration::minutes(1)).await;
    stage.sync(&ada, &connection).await.expect(200);
    let after = stage.accounts(&ada, &connection).await;
    let names = |accounts: &[Value]| accounts.iter().map(|account| account["id"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    assert_eq!(stage.rows(&ada, &connection, current(&after)).await.len(), rows.len());
}

#[tokio::test]
async fn whatever_a_bank_refuses_is_asked_again_when_it_makes_sense() {
    for (path, kind, times, is_asked_at_once) in [
        ("/transactions", refuse(501, "endpoint_not_supported"), 1, false),
        ("/transactions", refuse(429, "provider_request_limit_exceeded"), 1, false),
        ("/transactions", refuse(503, "provider_error"), 1, false),
        ("/transactions", FaultKind::Page { status: 502 }, 1, false),
        ("/transactions", FaultKind::Garbage, 1, false),
        ("/transactions", refuse(403, "sca_exceeded"), 1, true),
        ("/transactions", refuse(400, "invalid_date_range"), 1, true),
        ("/transactions", refuse(401, "invalid_token"), 1, true),
    ] {
        let stage = Stage::new().await;
        let (ada, connection) = stage.linked().await;
        stage.strike_at(path, kind.clone(), times);
        let pulled = stage.event(&connection).await.unwrap();
        let what = format!("{kind:?}");
        assert_eq!(count(&stage, "status = 'ACTIVE'").await, 1, "{what}");
        let accounts = stage.accounts(&ada, &connection).await;
        let short = accounts.iter().filter(|account| account["complete_through"].is_null()).count();
        assert_eq!(short, usize::from(!is_asked_at_once), "{what}: {accounts:?}");
        let is_known_never = what.contains("endpoint_not_supported");
        assert_eq!(pulled.is_complete, is_asked_at_once || is_known_never, "{what}");
    }
}

#[tokio::test]
async fn a_consent_taken_back_at_the_bank_ends_the_connection_at_the_next_reading() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.read_in().await;
    let credentials_id = stage.simulator.control().links()[0].credentials_id.clone();
    stage.simulator.control().revoke(&credentials_id).await.unwrap();
    stage.advance(Duration::minutes(61)).await;
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    stage.event(&connection).await.unwrap_err();
    let over = stage.connection(&ada, &connection).await;
    assert!(over["status"] == "EXPIRED" || over["status"] == "REVOKED", "{over}");
    let accounts = stage.accounts(&ada, &connection).await;
    assert!(!accounts.is_empty(), "what was read stays");
    stage.sync(&ada, &connection).await.refused(409, "connection_over");
}

#[tokio::test]
async fn accounts_are_shown_to_nobody_else() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.read_in().await;
    let account = current(&stage.accounts(&ada, &connection).await).clone();
    let account = account["id"].as_str().unwrap();
    let eve = stage.app.customer("Eve Moneypenny").await;
    for rest in
        ["accounts", &format!("accounts/{account}/balance"), &format!("accounts/{account}/transactions")]
    {
        stage.of(&eve, &connection, rest).await.refused(404, "not_found");
    }
    stage.sync(&eve, &connection).await.refused(404, "not_found");
    let other = stage.link(&eve).await["id"].clone();
    let rest = format!("accounts/{account}/transactions");
    stage.of(&eve, &other, &rest).await.refused(404, "not_found");
}

#[tokio::test]
async fn what_was_read_is_erased_a_month_after_its_consent_was_taken_back_and_the_log_stays() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.read_in().await;
    revoke(&stage.app.bank, &stage.app.caller_of(&ada), id(&connection)).await.unwrap();
    assert_eq!(erase_due(&stage.app.bank).await.unwrap(), 0);
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    assert!(!stage.accounts(&ada, &connection).await.is_empty());
    stage.advance(Duration::days(30)).await;
    assert_eq!(erase_due(&stage.app.bank).await.unwrap(), 1);
    assert_eq!(erase_due(&stage.app.bank).await.unwrap(), 0, "once");
    for table in
        ["truelayer_accounts", "truelayer_transactions", "truelayer_pending_transactions", "truelayer_reads"]
    {
        assert_eq!(stage.app.rows(table).await, "", "{table}");
    }
    assert!(stage.app.rows("truelayer_audit_logs").await.contains("DATA_ERASED"));
}
