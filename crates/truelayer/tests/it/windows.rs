//! How far back, how often, and when no longer.

use chrono::{Duration, NaiveDate};
use truelayer::data::AccountType;
use truelayer::{ErrorCode, Remedy, Tokens, Window};

use crate::stage::{Stage, attended, call, refresh_token};

async fn later(stage: &Stage, tokens: &Tokens, by: Duration) -> Tokens {
    stage.advance(by).await;
    stage.client.refresh(refresh_token(tokens)).await.expect("tokens")
}

#[tokio::test]
async fn the_whole_history_is_open_for_five_minutes_and_ninety_days_of_it_afterwards() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let since = |days| {
        let today = stage.now().date_naive();
        Window::days(today - Duration::days(days), today)
    };
    let read = |tokens: Tokens, window| {
        let (client, id) = (stage.client.clone(), id.clone());
        async move { client.account_transactions(&id, window, &attended(&tokens.access_token)).await }
    };
    let whole = read(tokens.clone(), since(730)).await.expect("the whole history");
    assert!(whole.items.len() > 500);
    let too_deep = read(tokens.clone(), since(731)).await.expect_err("deeper than the bank goes");
    assert_eq!(
        (too_deep.code(), too_deep.remedy()),
        (Some(ErrorCode::InvalidDateRange), Remedy::ShrinkWindow)
    );
    let tokens = later(&stage, &tokens, Duration::minutes(6)).await;
    let closed = read(tokens.clone(), since(91)).await.expect_err("the moment is over");
    assert_eq!((closed.code(), closed.remedy()), (Some(ErrorCode::ScaExceeded), Remedy::CloseHistory));
    read(tokens, since(90)).await.expect("ninety days stay open");
}

#[tokio::test]
async fn impossible_windows_are_refused() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let reversed = Window::days(day("2026-11-10"), day("2026-11-01"));
    let call = attended(&tokens.access_token);
    let refused = stage.client.account_transactions(&id, reversed, &call).await.expect_err("reversed");
    assert_eq!(refused.code(), Some(ErrorCode::InvalidDateRange));
    let url =
        stage.simulator.environment().api().join(&format!("data/v1/accounts/{id}/transactions?from=soon"));
    let answer =
        reqwest::Client::new().get(url.unwrap()).bearer_auth(tokens.access_token.expose()).send().await;
    let body = answer.expect("an answer").text().await.expect("a body");
    assert!(body.contains("validation_error"), "{body}");
}

#[tokio::test]
async fn the_fifth_call_of_a_day_without_the_user_is_refused_per_account_and_kind() {
    let stage = Stage::sandbox().await;
    let mut tokens = stage.john().await;
    let (id, other) = (
        stage.account(&tokens.access_token, AccountType::Transaction).await,
        stage.account(&tokens.access_token, AccountType::Savings).await,
    );
    for _ in 0..4 {
        tokens = later(&stage, &tokens, Duration::minutes(61)).await;
        stage.client.account_balance(&id, &call(&tokens.access_token)).await.expect("one of four");
    }
    tokens = later(&stage, &tokens, Duration::minutes(61)).await;
    let refused =
        stage.client.account_balance(&id, &call(&tokens.access_token)).await.expect_err("the fifth");
    let expected = (Some(ErrorCode::ProviderRequestLimitExceeded), Remedy::WaitForQuota);
    assert_eq!((refused.code(), refused.remedy()), expected);
    stage.client.account_balance(&other, &call(&tokens.access_token)).await.expect("another account");
    stage.client.me(&call(&tokens.access_token)).await.expect("me reaches no bank");
    stage.client.account_balance(&id, &attended(&tokens.access_token)).await.expect("the user is there");
    tokens = later(&stage, &tokens, Duration::hours(20)).await;
    stage.client.account_balance(&id, &call(&tokens.access_token)).await.expect("the first four grow old");
}

#[tokio::test]
async fn repetitions_within_the_hour_cost_nothing() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let id = stage.account(&tokens.access_token, AccountType::Transaction).await;
    let tokens = later(&stage, &tokens, Duration::minutes(10)).await;
    for _ in 0..10 {
        stage.client.account_balance(&id, &call(&tokens.access_token)).await.expect("from the cache");
    }
    let balances = stage.simulator.control().calls();
    let balances: Vec<_> = balances.iter().filter(|call| call.path.ends_with("/balance")).collect();
    assert_eq!(balances.iter().filter(|call| !call.cached).count(), 1);
}

#[tokio::test]
async fn account_ids_survive_a_new_link_or_not() {
    let stage = Stage::sandbox().await;
    let id = |tokens: Tokens| {
        let stage = &stage;
        async move { stage.account(&tokens.access_token, AccountType::Transaction).await }
    };
    let first = id(stage.john().await).await;
    assert_eq!(id(stage.john().await).await, first);
    let modes = truelayer::simulator::Modes { fresh_account_ids: true, ..Default::default() };
    stage.simulator.control().set_modes(modes);
    let (third, fourth) = (id(stage.john().await).await, id(stage.john().await).await);
    assert!(third != first && third != fourth);
}
