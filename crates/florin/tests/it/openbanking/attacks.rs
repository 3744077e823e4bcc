//! Whoever is not the service gets nothing done by its webhooks, and whoever repeats gets it done once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::Stage;
use super::webhooks::{deliver, deliver_signed, event, logged, signature, text};
use super::{BASE, WEBHOOK_SECRET};

/// Takes an answer's body without what names the request.
fn words(mut body: Value) -> Value {
    body.as_object_mut().unwrap().remove("request_id");
    body
}

#[tokio::test]
async fn every_forgery_is_told_the_same_and_leaves_no_work() {
    let stage = Stage::new().await;
    stage.settled().await;
    let app = &stage.app;
    let account = text(app, "select service_id as text from truelayer_accounts order by id limit 1").await;
    let body = event(app, "evt_1", ("transaction.created", &account));
    let right = signature(WEBHOOK_SECRET, &body);
    let reserialized = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&body).unwrap()).unwrap();
    let detached = format!("eyJhbGciOiJub25lIn0..{right}");
    let sha256 = format!("sha256={right}");
    let twice = right.repeat(2);
    let forgeries = [
        ("", body.as_str()),
        ("00", &body),
        (&right[..62], &body),
        (&twice, &body),
        (&sha256, &body),
        (&detached, &body),
        (&right, &reserialized),
        (&right, ""),
        (&right, " "),
    ];
    let mut told = Vec::new();
    for (signature, body) in forgeries {
        told.push(words(deliver(app, signature, body).await.expect(401).json()));
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "one answer for all: {told:?}");
    assert!(!app.rows("jobs").await.contains("\"state\":\"queued\",\"kind\":\"openbanking.pull\""));
    assert_eq!(app.rows("truelayer_webhook_events").await, "");
    assert_eq!(logged(app, "WEBHOOK_REJECTED").await, forgeries.len());
}

#[tokio::test]
async fn what_is_longer_than_any_event_is_refused_before_anybody_looks_into_it() {
    let stage = Stage::new().await;
    let app = &stage.app;
    for route in ["webhook", "payments/webhook"] {
        let body = "x".repeat(64 * 1024 + 1);
        let call =
            app.post(&format!("{BASE}/{route}")).header("tl-signature", &signature(WEBHOOK_SECRET, &body));
        call.body(body).send().await.refused(413, "body_too_large");
    }
    // A body that only grows large once it is unpacked stays as it came: nobody unpacks it.
    let packed = app.post(&format!("{BASE}/webhook")).header("content-encoding", "gzip").body("zip");
    assert!(matches!(packed.send().await.status.as_u16(), 401 | 415));
    assert_eq!(app.rows("truelayer_webhook_events").await, "");
}

#[tokio::test]
async fn a_thousand_repetitions_and_fifty_twins_are_one_event() {
    let stage = Stage::new().await;
    stage.settled().await;
    let app = &stage.app;
    let account = text(app, "select service_id as text from truelayer_accounts order by id limit 1").await;
    let body = event(app, "evt_1", ("transaction.created", &account));
    let twins = join_all((0..50).map(|_| deliver_signed(app, &body))).await;
    for answer in twins {
        // A busy database asks the service to come again, which it does.
        assert!(matches!(answer.status.as_u16(), 200 | 503), "{}", answer.text());
    }
    for _ in 0..1_000 {
        deliver_signed(app, &body).await.expect(200);
    }
    assert_eq!(logged(app, "WEBHOOK_RECEIVED").await, 1);
    let before = stage.reads();
    app.run_jobs().await;
    assert_eq!(stage.reads(), before + 1, "one reading");
}

#[tokio::test]
async fn an_event_that_overtakes_another_brings_nothing_back() {
    let stage = Stage::new().await;
    stage.settled().await;
    let app = &stage.app;
    let account = text(app, "select service_id as text from truelayer_accounts order by id limit 1").await;
    let link = stage.simulator.control().links()[0].credentials_id.clone();
    deliver_signed(app, &event(app, "evt_2", ("consent.revoked", &link))).await.expect(200);
    let before = stage.reads();
    deliver_signed(app, &event(app, "evt_1", ("transaction.created", &account))).await.expect(200);
    app.run_jobs().await;
    assert_eq!(stage.reads(), before, "a consent that is over is not used");
    assert_eq!(text(app, "select status as text from truelayer_connections").await, "REVOKED");
    let shown = json!(app.rows("truelayer_webhook_events").await).to_string();
    assert!(shown.contains("evt_1") && shown.contains("evt_2"), "both are in the inbox");
}
