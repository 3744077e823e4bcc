//! The operator's keys of tokens: exchanged beside the running bank, and missed before anything goes wrong.

use bank::Role;
use bank::openbanking::service::{KeysError, check_keys, rewrap_keys};
use bank::settings::OpenBankingSettings;
use chrono::Duration;
use kernel::Secret;
use serde_json::json;

use super::{BASE, Stage, settings};
use crate::harness::App;

/// Makes a node whose ring of keys is another.
fn node(stage: &Stage, keys: &[u8]) -> App {
    let token_keys = keys.iter().map(|byte| Secret::new(vec![*byte; 32])).collect();
    let servers = stage.simulator.environment();
    let own = OpenBankingSettings { token_keys, ..settings(servers) };
    stage.app.node(|settings| settings.open_banking = Some(own))
}

#[tokio::test]
async fn keys_are_exchanged_without_a_connection_noticing() {
    let stage = Stage::new().await;
    let (ada, connection) = stage.linked().await;
    let during = node(&stage, &[6, 5]);
    let auditor = stage.app.staff(Role::Auditor).await;
    let stats = async |app: &App| {
        let stats = app.get(&format!("{BASE}/token-stats")).by(&auditor).send().await.expect(200).json();
        stats["keys"].as_array().unwrap().iter().map(|key| key["connections"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(stats(&during).await, [json!(0), json!(1)], "the new one seals nothing yet");
    assert_eq!(rewrap_keys(&during.bank, |_| {}).await.unwrap(), 1);
    assert_eq!(rewrap_keys(&during.bank, |_| {}).await.unwrap(), 0, "once");
    assert_eq!(stats(&during).await, [json!(1)]);
    let after = node(&stage, &[6]);
    check_keys(&after.bank).await.unwrap();
    stage.advance(Duration::minutes(1)).await;
    let path = format!("{BASE}/connections/{}/refresh-tokens", connection.as_str().unwrap());
    assert_eq!(after.post(&path).by(&ada).send().await.expect(200).json()["status"], "ACTIVE");
}

#[tokio::test]
async fn a_key_that_is_missing_is_missed_at_the_start_and_by_the_exchange() {
    let stage = Stage::new().await;
    stage.linked().await;
    let wrong = node(&stage, &[9]);
    let missed = check_keys(&wrong.bank).await;
    assert!(matches!(missed, Err(KeysError::Missing { .. })), "{missed:?}");
    assert!(rewrap_keys(&wrong.bank, |_| {}).await.is_err(), "it says which row, and leaves it");
    check_keys(&stage.app.bank).await.unwrap();
}
