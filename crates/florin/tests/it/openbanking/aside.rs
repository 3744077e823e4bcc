//! New tokens that the database cannot take: on disk, sealed, and taken in once.

use bank::openbanking::service::{refresh_own, sweep};
use bank::settings::OpenBankingSettings;
use chrono::Duration;
use serde_json::json;
use truelayer::simulator::{Modes, RefreshMode};

use super::tokens::{count, force, id, is_leased};
use super::{Stage, settings, simulator};
use crate::harness::App;
use crate::program::Folder;

#[tokio::test]
async fn tokens_that_the_database_cannot_take_lie_on_disk_until_it_can() {
    let (folder, simulator) = (Folder::new(), simulator().await);
    let settings = OpenBankingSettings {
        aside_directory: Some(folder.path("aside")),
        ..settings(simulator.environment())
    };
    let app = App::with(|config| config.open_banking = Some(settings)).await;
    app.leaves_jobs();
    let stage = Stage { app, simulator };
    let (ada, connection) = stage.linked().await;
    let slow = Modes { refresh: RefreshMode::RotateStrict, latency_milliseconds: 100, ..Modes::default() };
    stage.simulator.control().set_modes(slow);
    let (bank, caller) = (stage.app.bank.clone(), stage.app.caller_of(&ada));
    let asking = tokio::spawn(async move { refresh_own(&bank, &caller, id(&connection)).await });
    while !is_leased(&stage).await {
        tokio::task::yield_now().await;
    }
    force(&stage, "alter table truelayer_connections rename to gone").await;
    let file = loop {
        let mut found = std::fs::read_dir(folder.path("aside")).into_iter().flatten().filter_map(Result::ok);
        if let Some(file) = found.find(|file| file.path().extension().is_some_and(|end| end == "json")) {
            break file.path();
        }
        tokio::task::yield_now().await;
    };
    let text = std::fs::read(&file).unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("eyJ"), "it is sealed");
    force(&stage, "alter table gone rename to truelayer_connections").await;
    let kept = asking.await.unwrap().expect("kept in the end");
    assert!(!file.exists(), "forgotten once it is kept");
    // As if the process had ended before it was kept: the row is as it was, the file is there.
    std::fs::write(&file, &text).unwrap();
    assert_eq!(sweep(&stage.app.bank).await.unwrap(), 0);
    assert_eq!(count(&stage, "token_version = 2").await, 1, "nothing is taken in twice");
    assert!(!file.exists());
    std::fs::write(&file, &text).unwrap();
    force(
        &stage,
        "update truelayer_connections set token_version = 1, access_token = 'old', refresh_token = 'old'",
    )
    .await;
    let calls = stage.token_calls();
    let id = json!(kept.id);
    stage.advance(Duration::minutes(1)).await;
    assert_eq!(stage.refresh(&ada, &id).await.expect(200).json()["status"], "ACTIVE");
    assert_eq!(stage.token_calls(), calls, "they were taken in, and nobody was asked");
    stage.advance(Duration::minutes(1)).await;
    stage.refresh(&ada, &id).await.expect(200);
    assert_eq!(stage.token_calls(), calls + 1, "and they work");
}
