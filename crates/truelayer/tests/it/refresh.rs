//! Refresh tokens in every way in which services treat them.

use chrono::Duration;
use truelayer::simulator::{Modes, RefreshMode};
use truelayer::{ErrorCode, RefreshToken, Remedy};

use crate::stage::{Stage, call, refresh_token};

async fn begin(refresh: RefreshMode) -> (Stage, RefreshToken) {
    let stage = Stage::sandbox().await;
    stage.simulator.control().set_modes(Modes { refresh, ..Modes::default() });
    let tokens = stage.john().await;
    let token = refresh_token(&tokens).clone();
    (stage, token)
}

#[tokio::test]
async fn a_static_token_comes_back_unchanged_and_an_omitted_one_stays() {
    for (mode, expected) in [(RefreshMode::Static, true), (RefreshMode::Omit, false)] {
        let (stage, token) = begin(mode).await;
        for _ in 0..3 {
            let tokens = stage.client.refresh(&token).await.expect("tokens");
            assert_eq!(tokens.refresh_token, expected.then(|| token.clone()), "{mode:?}");
            stage.client.me(&call(&tokens.access_token)).await.expect("the new token works");
        }
    }
}

#[tokio::test]
async fn a_rotating_token_works_once() {
    let (stage, first) = begin(RefreshMode::Rotate).await;
    let second = stage.client.refresh(&first).await.expect("tokens");
    assert_ne!(refresh_token(&second), &first);
    let refused = stage.client.refresh(&first).await.expect_err("spent");
    assert_eq!((refused.code(), refused.remedy()), (Some(ErrorCode::InvalidGrant), Remedy::Reconnect));
    stage.client.refresh(refresh_token(&second)).await.expect("the successor works");
}

#[tokio::test]
async fn within_the_grace_a_spent_token_gives_the_same_successor() {
    let (stage, first) = begin(RefreshMode::RotateGrace { seconds: 30 }).await;
    let second = stage.client.refresh(&first).await.expect("tokens");
    stage.advance(Duration::seconds(30)).await;
    let again = stage.client.refresh(&first).await.expect("still within the grace");
    assert_eq!(again.refresh_token, second.refresh_token);
    stage.advance(Duration::seconds(1)).await;
    assert!(stage.client.refresh(&first).await.is_err());
    stage.client.refresh(refresh_token(&second)).await.expect("the successor works");
}

#[tokio::test]
async fn in_the_strict_mode_a_spent_token_kills_its_successor() {
    let (stage, first) = begin(RefreshMode::RotateStrict).await;
    let second = stage.client.refresh(&first).await.expect("tokens");
    assert!(stage.client.refresh(&first).await.is_err());
    let refused = stage.client.refresh(refresh_token(&second)).await.expect_err("the family is dead");
    assert_eq!(refused.remedy(), Remedy::Reconnect);
}

#[tokio::test]
async fn a_consent_that_is_over_refreshes_nothing() {
    let (stage, token) = begin(RefreshMode::Static).await;
    stage.advance(Duration::days(90)).await;
    let refused = stage.client.refresh(&token).await.expect_err("ninety days are over");
    assert_eq!(refused.code(), Some(ErrorCode::InvalidGrant));
    let (stage, token) = begin(RefreshMode::Static).await;
    stage.simulator.control().expire(&stage.only_link()).expect("expired");
    assert!(stage.client.refresh(&token).await.is_err());
    let (stage, token) = begin(RefreshMode::Static).await;
    stage.simulator.control().revoke(&stage.only_link()).await.expect("revoked");
    assert!(stage.client.refresh(&token).await.is_err());
}

#[tokio::test]
async fn a_wrong_secret_alarms_and_spends_nothing() {
    let (stage, token) = begin(RefreshMode::Rotate).await;
    let refused = stage.stranger().refresh(&token).await.expect_err("a wrong secret");
    assert_eq!((refused.code(), refused.remedy()), (Some(ErrorCode::InvalidClient), Remedy::Alarm));
    stage.client.refresh(&token).await.expect("the token is not spent");
}

#[tokio::test]
async fn a_lost_answer_leaves_a_rotated_token_spent() {
    let (stage, first) = begin(RefreshMode::Rotate).await;
    stage.simulator.control().add_fault(truelayer::simulator::Fault {
        path: "/connect/token".to_owned(),
        kind: truelayer::simulator::FaultKind::LoseAnswer,
        count: 1,
    });
    let lost = stage.client.refresh(&first).await.expect_err("lost");
    assert!(lost.is_ambiguous(), "{lost}");
    assert_eq!(lost.remedy(), Remedy::RetryLater);
    assert!(stage.client.refresh(&first).await.is_err(), "the service did rotate");
}
