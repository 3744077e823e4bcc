//! A bank that needs longer than anybody waits: the service asks it in its own time, and says when it is done.

use chrono::Duration;
use serde_json::{Value, json};
use truelayer::simulator::{Fault, FaultKind};

use super::tokens::id;
use super::webhooks::logged;
use super::{BASE, Stage, settings};
use crate::harness::{Answer, App};

impl Stage {
    /// Links a bank that does not answer in time when it is asked for the rows of its first account.
    async fn slow(&self) -> Value {
        self.refuse_rows("provider_timeout", 504);
        let (_, connection) = self.linked().await;
        self.app.run_jobs().await;
        connection
    }

    fn refuse_rows(&self, code: &str, status: u16) {
        let kind = FaultKind::Refuse { status, code: code.to_owned() };
        self.simulator.control().add_fault(Fault { path: "/transactions".to_owned(), kind, count: 1 });
    }

    fn asked(&self, path: &str) -> usize {
        self.simulator.control().count_calls(path)
    }
}

/// Returns the question that waits.
async fn waiting(app: &App) -> Option<Value> {
    let rows = app.rows("truelayer_tasks").await;
    (!rows.is_empty()).then(|| serde_json::from_str(&rows).expect("one row"))
}

/// Counts the rows of an account.
async fn kept(app: &App, account: &Value) -> usize {
    app.rows("truelayer_transactions").await.matches(account.as_str().unwrap()).count()
}

async fn report(app: &App, task_id: &str, link: &str) -> Answer {
    let body = json!({ "task_id": task_id, "credentials_id": link, "status": "Succeeded" });
    app.post(&format!("{BASE}/webhook/tasks")).json(&body).send().await
}

#[tokio::test]
async fn rows_that_take_too_long_come_when_the_service_says_that_they_are_there() {
    let stage = Stage::new().await;
    let url = stage.app.serve().await;
    // The node that asks knows where it is reached.
    let node = stage.app.node(|config| {
        let mut own = settings(stage.simulator.environment());
        own.webhook_url = format!("{url}{BASE}/webhook").parse().ok();
        config.open_banking = Some(own);
    });
    node.leaves_jobs();
    stage.refuse_rows("provider_timeout", 504);
    stage.linked().await;
    node.run_jobs().await;
    let task = waiting(&node).await.expect("a question");
    assert_eq!(kept(&node, &task["account_id"]).await, 0, "nothing is there yet");
    stage.advance(Duration::seconds(3)).await;
    assert_eq!(logged(&node, "WEBHOOK_RECEIVED").await, 1, "the service has said so");
    node.run_jobs().await;
    assert!(kept(&node, &task["account_id"]).await > 0, "all of its rows");
    assert_eq!(waiting(&node).await, None);
    let account = node.rows("truelayer_accounts").await;
    assert_eq!(account.matches("\"complete_through\":null").count(), 0, "{account}");
    assert!(node.rows("truelayer_webhook_events").await.contains("task.succeeded"));
}

#[tokio::test]
async fn an_answer_that_nobody_reports_is_looked_for_and_its_bank_is_not_asked_again_meanwhile() {
    let stage = Stage::new().await;
    let connection = stage.slow().await;
    let app = &stage.app;
    let task = waiting(app).await.expect("a question");
    let asked = stage.asked("/transactions");
    // Whoever reads the accounts at this moment does not put the question again.
    bank::openbanking::service::pull_for_events(
        &app.bank,
        id(&connection),
        bank::openbanking::Purpose::Event,
    )
    .await
    .unwrap();
    assert_eq!((stage.asked("/transactions"), kept(app, &task["account_id"]).await), (asked, 0));
    stage.advance(Duration::minutes(2)).await;
    bank::openbanking::service::pull_due(&app.bank).await.unwrap();
    app.run_jobs().await;
    assert_eq!(stage.asked("/transactions"), asked, "it is looked for where the service keeps it");
    assert_eq!(waiting(app).await, None);
    assert!(kept(app, &task["account_id"]).await > 0);
}

#[tokio::test]
async fn whoever_reports_what_nobody_asked_for_is_told_the_same_and_changes_nothing() {
    let stage = Stage::new().await;
    stage.slow().await;
    let app = &stage.app;
    let task = waiting(app).await.expect("a question");
    let task_id = task["task_id"].as_str().unwrap();
    let link = &stage.simulator.control().links()[0].credentials_id;
    report(app, "nobodys", link).await.expect(200);
    report(app, task_id, "nobodys").await.expect(200);
    let calls = stage.simulator.control().calls().len();
    app.run_jobs().await;
    assert_eq!(stage.simulator.control().calls().len(), calls);
    assert_eq!(app.rows("truelayer_webhook_events").await, "");
    for body in ["", "{}", "[1]", "nothing"] {
        let call = app.post(&format!("{BASE}/webhook/tasks")).body(body);
        call.send().await.refused(400, "unreadable_request");
    }
    // What is true counts, however much else was said.
    for _ in 0..2 {
        report(app, task_id, link).await.expect(200);
    }
    assert_eq!(app.rows("truelayer_webhook_events").await.lines().count(), 1);
    stage.advance(Duration::seconds(3)).await;
    app.run_jobs().await;
    assert_eq!(waiting(app).await, None);
    for _ in 0..100 {
        report(app, "nobodys", link).await;
    }
    report(app, "nobodys", link).await.refused(429, "too_many_requests");
}

#[tokio::test]
async fn a_question_that_comes_to_nothing_is_put_anew_with_the_next_reading() {
    for is_lost in [true, false] {
        let stage = Stage::new().await;
        stage.slow().await;
        let app = &stage.app;
        let task = waiting(app).await.expect("a question");
        if is_lost {
            let tx = app.bank.db.begin().await.unwrap();
            sea_orm::ConnectionTrait::execute_unprepared(&tx, "update truelayer_tasks set task_id = 'lost'")
                .await
                .unwrap();
            tx.commit().await.unwrap();
            stage.advance(Duration::minutes(2)).await;
            bank::openbanking::service::pull_due(&app.bank).await.unwrap();
            app.run_jobs().await;
            assert_eq!(waiting(app).await, None, "the service does not know it");
            assert_eq!(kept(app, &task["account_id"]).await, 0);
        }
        // After a day nobody waits for it either.
        stage.advance(Duration::hours(25)).await;
        bank::openbanking::service::sweep(&app.bank).await.unwrap();
        assert_eq!(waiting(app).await, None);
        bank::openbanking::service::pull_due(&app.bank).await.unwrap();
        app.run_jobs().await;
        assert!(kept(app, &task["account_id"]).await > 0, "{is_lost}");
    }
}

#[tokio::test]
async fn a_service_that_takes_no_such_question_is_asked_again_the_usual_way() {
    let stage = Stage::new().await;
    stage.refuse_rows("provider_timeout", 504);
    stage.refuse_rows("endpoint_not_supported", 501);
    stage.linked().await;
    let app = &stage.app;
    app.run_jobs().await;
    assert_eq!(waiting(app).await, None);
    let before = app.rows("truelayer_transactions").await.lines().count();
    stage.advance(Duration::hours(7)).await;
    bank::openbanking::service::pull_due(&app.bank).await.unwrap();
    app.run_jobs().await;
    assert!(app.rows("truelayer_transactions").await.lines().count() > before);
}
