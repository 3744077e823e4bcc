//! Confirming a consent again: at once where the bank lets it, by a visit there where not, and never on another row.

use chrono::Duration;
use serde_json::{Value, json};
use truelayer::simulator::{Authorization, AuthorizationOutcome, Fault, FaultKind, Modes};
use url::Url;

use super::tokens::count;
use super::{BASE, Stage};
use crate::harness::{Answer, Person};

impl Stage {
    async fn extend(&self, person: &Person, connection: &Value) -> Answer {
        let path = format!("{BASE}/connections/{}/extend", connection.as_str().unwrap());
        self.app.post(&path).by(person).send().await
    }

    /// Links the mock bank as somebody whose consent goes on without a visit.
    async fn linked_for_ever(&self) -> (Person, Value) {
        let ada = self.app.customer("Ada Lovelace").await;
        let begun = self.begin(&ada).await;
        let link: Url = begun["auth_url"].as_str().unwrap().parse().unwrap();
        let eternal = Authorization {
            username: "john".to_owned(),
            password: "eternal".to_owned(),
            outcome: AuthorizationOutcome::Allow,
            ..Authorization::of(link)
        };
        let back = self.simulator.control().authorize(&eternal).unwrap().unwrap();
        let connection = self.come_back(&ada, back.query().unwrap()).await.expect(200).json();
        (ada, connection["id"].clone())
    }
}

#[tokio::test]
async fn a_consent_goes_on_without_a_visit_where_the_bank_lets_it() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked_for_ever().await;
    let before = stage.connection(&ada, &connection).await;
    stage.advance(Duration::days(80)).await;
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    let answer = stage.extend(&ada, &connection).await.expect(200).json();
    assert_eq!((&answer["is_extended"], &answer["auth_url"]), (&json!(true), &Value::Null));
    let after = stage.connection(&ada, &connection).await;
    let ends = |connection: &Value| connection["consent_expires_at"].as_str().unwrap().to_owned();
    assert!(ends(&after) > ends(&before), "{after}");
    assert_eq!(after["status"], "ACTIVE");
    let path = format!("{BASE}/connections/{}/sync", connection.as_str().unwrap());
    stage.app.post(&path).by(&ada).send().await.expect(200);
    assert!(stage.app.rows("truelayer_audit_logs").await.contains("CONNECTION_EXTENDED"));
    assert_eq!(count(&stage, "refresh_lease_id is not null or refresh_begun_at is not null").await, 0);
}

#[tokio::test]
async fn a_bank_that_wants_to_see_its_customer_gets_to_and_the_row_stays_the_same() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    let answer = stage.extend(&ada, &connection).await.expect(200).json();
    assert_eq!(answer["is_extended"], json!(false));
    let query = stage.walk(&answer, AuthorizationOutcome::Allow);
    let back = stage.come_back(&ada, &query).await.expect(200).json();
    assert_eq!(back["id"], connection, "renewed in place");
    assert_eq!(stage.connections(&ada).await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_extended_is_renewed_by_a_new_link_on_the_same_row() {
    for (reviewed, fault) in [
        (false, None),
        (true, Some(FaultKind::Refuse { status: 422, code: "cannot_be_extended".to_owned() })),
    ] {
        let stage = Stage::new().await;
        stage.simulator.control().set_modes(Modes { extension_reviewed: reviewed, ..Modes::default() });
        let (ada, connection) = stage.linked().await;
        if let Some(kind) = fault {
            let path = "/connections/extend".to_owned();
            stage.simulator.control().add_fault(Fault { path, kind, count: 1 });
        }
        let answer = stage.extend(&ada, &connection).await.expect(200).json();
        assert_eq!(answer["is_extended"], json!(false), "{answer}");
        assert_eq!(count(&stage, "status = 'ACTIVE' and refresh_lease_id is null").await, 1);
        let query = stage.walk(&answer, AuthorizationOutcome::Allow);
        assert_eq!(stage.come_back(&ada, &query).await.expect(200).json()["id"], connection);
    }
}

#[tokio::test]
async fn a_connection_that_is_over_is_renewed_by_a_new_link_and_one_taken_back_is_not() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    stage.advance(Duration::days(91)).await;
    bank::openbanking::service::sweep(&stage.app.bank).await.unwrap();
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    assert_eq!(stage.connection(&ada, &connection).await["status"], "EXPIRED");
    let answer = stage.extend(&ada, &connection).await.expect(200).json();
    let query = stage.walk(&answer, AuthorizationOutcome::Allow);
    assert_eq!(stage.come_back(&ada, &query).await.expect(200).json()["status"], "ACTIVE");
    let path = format!("{BASE}/connections/{}", connection.as_str().unwrap());
    stage.app.request(axum::http::Method::DELETE, &path).by(&ada).send().await.expect(204);
    stage.extend(&ada, &connection).await.refused(409, "connection_over");
}

#[tokio::test]
async fn while_the_service_is_down_nothing_changes_and_the_lease_is_free_again() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    let path = "/connections/extend".to_owned();
    let kind = FaultKind::Refuse { status: 503, code: "temporarily_unavailable".to_owned() };
    stage.simulator.control().add_fault(Fault { path, kind, count: 1 });
    let answer = stage.extend(&ada, &connection).await;
    assert_eq!(answer.status, 503);
    assert_eq!(count(&stage, "status = 'ACTIVE' and refresh_lease_id is null").await, 1);
    stage.extend(&ada, &connection).await.expect(200);
}
