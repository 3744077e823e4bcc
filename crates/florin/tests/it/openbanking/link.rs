//! The way to the bank and back.

use chrono::Duration;
use serde_json::json;
use truelayer::simulator::AuthorizationOutcome::{Allow, Cancel};

use super::{BASE, Stage};
use crate::harness::App;

#[tokio::test]
async fn a_customer_links_the_mock_bank_and_no_token_leaves_or_lies_open() {
    let stage = Stage::new().await;
    let ada = stage.app.customer("Ada Lovelace").await;
    let banks = stage.app.get(&format!("{BASE}/providers")).by(&ada).send().await.expect(200).json();
    assert_eq!(banks["items"][0]["provider_id"], "mock");
    let begun = stage.begin(&ada).await;
    let waiting = stage.connection(&ada, &begun["connection_id"]).await;
    assert_eq!((&waiting["status"], &waiting["provider_id"]), (&json!("PENDING"), &json!(null)));
    let query = stage.walk(&begun, Allow);
    let linked = stage.come_back(&ada, &query).await.expect(200).json();
    assert_eq!(linked["id"], begun["connection_id"]);
    assert_eq!((&linked["status"], &linked["provider_id"]), (&json!("ACTIVE"), &json!("mock")));
    assert_eq!(linked["consent_expires_at"], "2026-05-31T09:00:00Z", "the provider's 90 days");
    assert_eq!(stage.connections(&ada).await, [linked.clone()]);
    assert!(!linked.to_string().contains("token"), "{linked}");
    // Tokens and verifiers are sealed, states are hashed, and the log names none of them.
    let rows = stage.app.rows("truelayer_connections").await;
    assert_eq!(rows.matches("tl1.").count(), 3, "{rows}");
    let log = stage.app.rows("truelayer_audit_logs").await;
    for action in ["AUTH_LINK_CREATED", "TOKEN_EXCHANGED"] {
        assert!(log.contains(action), "{log}");
    }
    let parts: Vec<_> = query.split(['=', '&']).filter(|part| part.len() > 30).collect();
    assert!(parts.len() >= 2, "a code and a state: {query}");
    assert!(parts.iter().all(|part| !log.contains(part) && !rows.contains(part)));
}

#[tokio::test]
async fn a_return_works_once_in_time_and_for_whoever_began() {
    let stage = Stage::new().await;
    let (ada, eve) = (stage.app.customer("Ada Lovelace").await, stage.app.customer("Eve Doe").await);
    let begun = stage.begin(&ada).await;
    let query = stage.walk(&begun, Allow);
    stage.come_back(&eve, &query).await.refused(422, "return_not_usable");
    stage.come_back(&ada, &query.replace("state=", "state=x")).await.refused(422, "return_not_usable");
    stage.come_back(&ada, "code=1").await.refused(422, "return_not_usable");
    stage.app.get(&format!("{BASE}/callback?{query}")).send().await.expect(401);
    // Two at once, after all those: one gets through.
    let (one, other) = tokio::join!(stage.come_back(&ada, &query), stage.come_back(&ada, &query));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
    stage.come_back(&ada, &query).await.refused(422, "return_not_usable");
    assert_eq!((stage.connections(&ada).await.len(), stage.connections(&eve).await.len()), (1, 0));

    let late = stage.walk(&stage.begin(&ada).await, Allow);
    stage.app.bank.clock.advance(Duration::minutes(10));
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    stage.come_back(&ada, &late).await.refused(422, "return_not_usable");
}

#[tokio::test]
async fn whoever_says_no_or_never_comes_back_ends_with_a_reason() {
    let stage = Stage::new().await;
    let ada = stage.app.customer("Ada Lovelace").await;
    let begun = stage.begin(&ada).await;
    let query = stage.walk(&begun, Cancel);
    stage.come_back(&ada, &query).await.refused(422, "consent_refused");
    let over = stage.connection(&ada, &begun["connection_id"]).await;
    assert_eq!((&over["status"], &over["end_reason"]), (&json!("EXPIRED"), &json!("never_completed")));

    let begun = stage.begin(&ada).await;
    stage.app.bank.clock.advance(Duration::minutes(21));
    stage.app.run_jobs().await;
    let ada = stage.app.sign_in(ada.user_id, &ada.email).await;
    let over = stage.connection(&ada, &begun["connection_id"]).await;
    assert_eq!((&over["status"], &over["end_reason"]), (&json!("EXPIRED"), &json!("never_completed")));
    assert_eq!(stage.app.rows("truelayer_oauth_states").await, "", "nothing of it is kept");
}

#[tokio::test]
async fn a_return_by_a_form_is_sent_on_and_does_nothing_by_itself() {
    let stage = Stage::new().await;
    let ada = stage.app.customer("Ada Lovelace").await;
    let begun = stage.begin(&ada).await;
    let form = format!("{}&error_description=%3Cscript%3E", stage.walk(&begun, Allow));
    let call = stage.app.post(&format!("{BASE}/callback")).body(form);
    let answer = call.header("content-type", "application/x-www-form-urlencoded").send().await.expect(303);
    let (address, query) = answer.header("location").split_once('?').unwrap();
    assert!(address.ends_with(&format!("{BASE}/callback")) && !query.contains("script"), "{query}");
    let waiting = stage.connection(&ada, &begun["connection_id"]).await;
    assert_eq!(waiting["status"], "PENDING");
    stage.come_back(&ada, query).await.expect(200);
}

#[tokio::test]
async fn where_it_is_off_nothing_is_linked_and_the_list_is_empty() {
    let app = App::new().await;
    let ada = app.customer("Ada Lovelace").await;
    let call = app.post(&format!("{BASE}/auth")).by(&ada).json(&json!({}));
    call.send().await.refused(422, "open_banking_off");
    let list = app.get(&format!("{BASE}/connections")).by(&ada).send().await.expect(200).json();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn a_text_that_names_no_bank_is_refused() {
    let stage = Stage::new().await;
    let ada = stage.app.customer("Ada Lovelace").await;
    for provider in ["", "Mock", "mock uk-ob-all", "../x"] {
        let call = stage.app.post(&format!("{BASE}/auth")).by(&ada);
        call.json(&json!({ "provider_id": provider })).send().await.refused(422, "invalid_input");
    }
    assert_eq!(stage.connections(&ada).await.len(), 0);
}
