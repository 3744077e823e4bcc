//! What the service reports: believed when it is signed, taken in once, read again at the bank, and never trusted further.

use chrono::Duration;
use kernel::{Instant, Secret};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use truelayer::signature::hmac::{Form, sign};

use super::{BASE, Stage, WEBHOOK_SECRET, settings};
use crate::harness::{Answer, App};

pub(super) fn signature(secret: &str, body: &str) -> String {
    sign(&Secret::new(secret.as_bytes().to_vec()), Form::Body, body.as_bytes(), Instant::default())
}

/// Writes an event of this moment.
pub(super) fn event(app: &App, id: &str, (kind, resource): (&str, &str)) -> String {
    event_at(app.bank.now(), id, (kind, resource))
}

fn event_at(at: Instant, id: &str, (kind, resource): (&str, &str)) -> String {
    json!({
        "type": kind,
        "event_id": id,
        "event_timestamp": at.to_rfc3339(),
        "resource_id": resource,
        "resource_type": "account",
    })
    .to_string()
}

pub(super) async fn deliver(app: &App, signature: &str, body: &str) -> Answer {
    let call = app.post(&format!("{BASE}/webhook")).header("content-type", "application/json");
    call.header("tl-signature", signature).body(body.to_owned()).send().await
}

pub(super) async fn deliver_signed(app: &App, body: &str) -> Answer {
    deliver(app, &signature(WEBHOOK_SECRET, body), body).await
}

pub(super) async fn text(app: &App, sql: &str) -> String {
    let db = app.bank.db.latest();
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    row.unwrap().try_get("", "text").unwrap()
}

/// Counts what the log says was done.
pub(super) async fn logged(app: &App, action: &str) -> usize {
    app.rows("truelayer_audit_logs").await.matches(action).count()
}

impl Stage {
    /// Links the mock bank, reads it, and lets an hour pass, within which banks answer the same.
    pub(super) async fn settled(&self) -> Value {
        let (_, connection) = self.linked().await;
        self.app.run_jobs().await;
        self.advance(Duration::minutes(61)).await;
        connection
    }

    pub(super) fn reads(&self) -> usize {
        self.simulator.control().count_calls("/data/v1/accounts")
    }
}

#[tokio::test]
async fn an_event_has_its_account_read_again_however_often_it_is_delivered() {
    let stage = Stage::new().await;
    stage.settled().await;
    let app = &stage.app;
    let account = text(app, "select service_id as text from truelayer_accounts order by id limit 1").await;
    for kind in ["transaction.created", "account.updated", "balance.updated"] {
        let body = event(app, &format!("evt_{kind}"), (kind, &account));
        for _ in 0..3 {
            deliver_signed(app, &body).await.expect(200);
        }
    }
    assert_eq!(logged(app, "WEBHOOK_RECEIVED").await, 3, "each once");
    assert_eq!(stage.reads(), 1);
    app.run_jobs().await;
    assert_eq!(stage.reads(), 2, "three events are one reading");
}

#[tokio::test]
async fn a_consent_taken_back_at_the_bank_ends_the_connection_before_the_answer() {
    let stage = Stage::new().await;
    stage.settled().await;
    let app = &stage.app;
    let link = stage.simulator.control().links()[0].credentials_id.clone();
    let body = event(app, "evt_1", ("consent.revoked", &link));
    deliver_signed(app, &body).await.expect(200);
    assert_eq!(text(app, "select status as text from truelayer_connections").await, "REVOKED");
    assert!(!app.rows("truelayer_connections").await.contains("tl1."), "the tokens are gone");
    deliver_signed(app, &body).await.expect(200);
    assert_eq!(logged(app, "CONNECTION_REVOKED").await, 1);
}

#[tokio::test]
async fn nothing_unsigned_is_taken_in_or_kept_and_nothing_signed_is_hindered_by_it() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let body = event(app, "evt_canary", ("transaction.created", "canary-account"));
    let right = signature(WEBHOOK_SECRET, &body);
    let tampered = body.replace("canary-account", "another-account");
    let wrong = signature("nobody shares this secret", &body);
    let short = &right[..63];
    let forms = [
        (String::new(), &body),
        (wrong, &body),
        (right.clone(), &tampered),
        (right.to_uppercase() + "00", &body),
        (short.to_owned(), &body),
        ("zz".repeat(32), &body),
    ];
    for (signature, body) in &forms {
        deliver(app, signature, body).await.refused(401, "unauthenticated");
    }
    assert_eq!(logged(app, "WEBHOOK_REJECTED").await, forms.len());
    assert!(!app.rows("audit_events").await.contains("canary"), "not a byte of it is kept");
    assert_eq!(app.rows("truelayer_webhook_events").await, "");
    let mut refused = 0;
    for _ in 0..110 {
        let answer = deliver(app, "", &body).await;
        refused += usize::from(answer.status == 429);
    }
    assert!(refused >= 10 - forms.len() && refused < 110, "{refused}");
    deliver(app, &right, &body).await.expect(200);
}

#[tokio::test]
async fn what_is_signed_and_makes_no_sense_is_refused_or_let_be() {
    let stage = Stage::new().await;
    stage.settled().await;
    let app = &stage.app;
    for body in ["", "{}", "[1]", "{\"type\":\"transaction.created\"}"] {
        deliver_signed(app, body).await.expect(400);
    }
    let now = app.bank.now();
    for at in [now - Duration::hours(73), now + Duration::minutes(6)] {
        let body = event_at(at, "evt_old", ("transaction.created", "one"));
        deliver_signed(app, &body).await.expect(400);
    }
    for (id, about, state) in [
        ("evt_a", ("card.lost", "one"), "ignored"),
        ("evt_b", ("transaction.created", "nobodys"), "unmatched"),
        ("evt_c", ("consent.revoked", "nobodys"), "unmatched"),
    ] {
        deliver_signed(app, &event(app, id, about)).await.expect(200);
        let sql = format!("select state as text from truelayer_webhook_events where event_id = '{id}'");
        assert_eq!(text(app, &sql).await, state);
    }
    assert_eq!(stage.reads(), 1, "nothing was read for any of it");
}

#[tokio::test]
async fn each_secret_of_a_change_counts_and_without_one_nothing_is_taken() {
    let stage = Stage::new().await;
    let servers = stage.simulator.environment();
    let node = |secrets: &[&str]| {
        let mut own = settings(servers);
        own.webhook_secrets = secrets.iter().map(|text| Secret::new((*text).to_owned())).collect();
        stage.app.node(|settings| settings.open_banking = Some(own))
    };
    let both = node(&["a new secret that is shared as well", WEBHOOK_SECRET]);
    for (id, secret) in [("evt_1", WEBHOOK_SECRET), ("evt_2", "a new secret that is shared as well")] {
        let body = event(&both, id, ("card.lost", "one"));
        deliver(&both, &signature(secret, &body), &body).await.expect(200);
    }
    let none = node(&[]);
    let body = event(&none, "evt_3", ("card.lost", "one"));
    deliver(&none, &signature("", &body), &body).await.refused(404, "not_found");
}
