//! Renewing a connection in place, and ending it.

use chrono::Duration;
use serde_json::{Value, json};
use truelayer::simulator::AuthorizationOutcome::{Allow, Cancel};
use truelayer::simulator::{Fault, FaultKind};

use super::{BASE, Stage};
use crate::harness::{Answer, Person};

async fn reauthenticate(stage: &Stage, person: &Person, id: &Value) -> Answer {
    let path = format!("{BASE}/connections/{}/reauthenticate", id.as_str().unwrap());
    stage.app.post(&path).by(person).send().await
}

async fn delete(stage: &Stage, person: &Person, id: &Value) -> Answer {
    let path = format!("{BASE}/connections/{}", id.as_str().unwrap());
    stage.app.request(axum::http::Method::DELETE, &path).by(person).send().await
}

#[tokio::test]
async fn a_renewal_ends_on_the_same_row() {
    let stage = Stage::new().await;
    let ada = stage.app.customer("Ada Lovelace").await;
    let linked = stage.link(&ada).await;
    stage.advance(Duration::days(80)).await;
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    let begun = reauthenticate(&stage, &ada, &linked["id"]).await.expect(201).json();
    assert_eq!(begun["connection_id"], linked["id"]);
    assert_eq!(stage.connection(&ada, &linked["id"]).await["status"], "ACTIVE", "until the customer is back");
    let query = stage.walk(&begun, Allow);
    let renewed = stage.come_back(&ada, &query).await.expect(200).json();
    assert_eq!((&renewed["id"], &renewed["status"]), (&linked["id"], &json!("ACTIVE")));
    assert_eq!(renewed["consent_expires_at"], "2026-08-19T09:00:00Z");
    assert_eq!(stage.connections(&ada).await.len(), 1);
}

#[tokio::test]
async fn whoever_says_no_to_a_renewal_keeps_what_they_had() {
    let stage = Stage::new().await;
    let ada = stage.app.customer("Ada Lovelace").await;
    let linked = stage.link(&ada).await;
    let begun = reauthenticate(&stage, &ada, &linked["id"]).await.expect(201).json();
    let query = stage.walk(&begun, Cancel);
    stage.come_back(&ada, &query).await.refused(422, "consent_refused");
    assert_eq!(stage.connection(&ada, &linked["id"]).await, linked);
}

#[tokio::test]
async fn an_ended_connection_is_over_here_and_at_the_service_and_its_tokens_are_gone() {
    let stage = Stage::new().await;
    let ada = stage.app.customer("Ada Lovelace").await;
    // With the first access token, and long after it died.
    for hours in [0, 3] {
        let linked = stage.link(&ada).await;
        stage.advance(Duration::hours(hours)).await;
        let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
        delete(&stage, &ada, &linked["id"]).await.expect(204);
        delete(&stage, &ada, &linked["id"]).await.expect(204);
        assert_eq!(stage.connection(&ada, &linked["id"]).await["status"], "REVOKED");
        assert!(!stage.app.rows("truelayer_connections").await.contains("tl1."));
        let links = stage.simulator.control().links();
        assert!(links.iter().all(|link| link.consent_status != "Authorised"), "{links:?}");
        reauthenticate(&stage, &ada, &linked["id"]).await.refused(409, "connection_over");
    }
    let log = stage.app.rows("truelayer_audit_logs").await;
    assert_eq!(log.matches("CONNECTION_REVOKED").count(), 2, "{log}");
}

#[tokio::test]
async fn a_service_that_does_not_answer_hinders_no_customer_from_ending_it() {
    let stage = Stage::new().await;
    let ada = stage.app.customer("Ada Lovelace").await;
    let linked = stage.link(&ada).await;
    let Stage { app, simulator } = stage;
    simulator.stop().await;
    let path = format!("{BASE}/connections/{}", linked["id"].as_str().unwrap());
    app.request(axum::http::Method::DELETE, &path).by(&ada).send().await.expect(204);
    assert!(!app.rows("truelayer_connections").await.contains("tl1."));
}

#[tokio::test]
async fn a_service_that_did_not_hear_of_the_end_is_told_again_though_the_tokens_are_wiped() {
    let stage = Stage::new().await;
    let ada = stage.app.customer("Ada Lovelace").await;
    let linked = stage.link(&ada).await;
    let is_authorised = || stage.simulator.control().links()[0].consent_status == "Authorised";
    let (path, kind) = ("/api/delete".to_owned(), FaultKind::Page { status: 503 });
    stage.simulator.control().add_fault(Fault { path, kind, count: 1 });
    delete(&stage, &ada, &linked["id"]).await.expect(204);
    assert!(!stage.app.rows("truelayer_connections").await.contains("tl1."));
    assert!(is_authorised(), "it has not heard it");
    let heard = async {
        while is_authorised() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), heard).await.expect("it hears it in the end");
}
