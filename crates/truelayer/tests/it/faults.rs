//! Everything that can go wrong with a read, and what the caller learns.

use truelayer::simulator::{Fault, FaultKind, Modes};
use truelayer::{Error, ErrorCode, Failure, Remedy};

use crate::stage::{Stage, call};

fn refuse(status: u16, code: &str) -> Fault {
    Fault { path: "/data/".to_owned(), kind: FaultKind::Refuse { status, code: code.to_owned() }, count: 1 }
}

#[tokio::test]
async fn every_code_of_the_table_arrives_with_its_remedy() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    for (status, code, remedy) in [
        (400, "validation_error", Remedy::FixRequest),
        (400, "invalid_date_range", Remedy::ShrinkWindow),
        (400, "deprecated_provider", Remedy::GiveUp),
        (400, "invalid_grant", Remedy::Reconnect),
        (401, "unauthorized", Remedy::Refresh),
        (401, "invalid_token", Remedy::Refresh),
        (401, "unauthorized_client", Remedy::Alarm),
        (403, "access_denied", Remedy::AskConsent),
        (403, "sca_exceeded", Remedy::CloseHistory),
        (403, "invalid_credentials_key", Remedy::Reconnect),
        (404, "account_not_found", Remedy::RefreshAccounts),
        (429, "provider_too_many_requests", Remedy::BackOff),
        (429, "provider_request_limit_exceeded", Remedy::WaitForQuota),
        (500, "internal_server_error", Remedy::RetryLater),
        (501, "endpoint_not_supported", Remedy::NeverAsk),
        (503, "provider_error", Remedy::RetryLater),
        (503, "connector_overload", Remedy::RetryLater),
        (503, "temporarily_unavailable", Remedy::RetryLater),
        (504, "connector_timeout", Remedy::RetryLater),
        (504, "provider_timeout", Remedy::RetryLater),
    ] {
        stage.simulator.control().add_fault(refuse(status, code));
        let refused = stage.client.accounts(&call(&tokens.access_token)).await.expect_err(code);
        assert_eq!(refused.code().map(ErrorCode::as_str), Some(code));
        assert_eq!(refused.remedy(), remedy, "{code}");
        assert_eq!(refused.is_ambiguous(), status >= 500, "{code}");
    }
    stage.client.accounts(&call(&tokens.access_token)).await.expect("each fault struck once");
}

#[tokio::test]
async fn broken_users_sign_in_and_every_read_fails_with_their_code() {
    let stage = Stage::sandbox().await;
    for code in [
        "account_permanently_locked",
        "account_temporarily_locked",
        "internal_error",
        "provider_error",
        "user_input_required",
        "wrong_credentials",
    ] {
        let tokens = stage.connect(&format!("error.{code}"), "error", "mock").await;
        stage.client.me(&call(&tokens.access_token)).await.expect("the link itself is fine");
        let refused = stage.client.accounts(&call(&tokens.access_token)).await.expect_err(code);
        assert_eq!(refused.code().map(ErrorCode::as_str), Some(code));
        assert!(stage.client.cards(&call(&tokens.access_token)).await.is_err());
    }
}

#[tokio::test]
async fn gateways_that_answer_in_html_are_classified_by_status() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    for (status, remedy) in
        [(502, Remedy::RetryLater), (503, Remedy::RetryLater), (429, Remedy::BackOff), (401, Remedy::Refresh)]
    {
        let fault = Fault { path: String::new(), kind: FaultKind::Page { status }, count: 1 };
        stage.simulator.control().add_fault(fault);
        let refused = stage.client.me(&call(&tokens.access_token)).await.expect_err("a page");
        assert_eq!(refused.remedy(), remedy, "{status}");
        let refused = refused.to_string();
        assert!(refused.contains(&status.to_string()) && !refused.contains("moment"), "{refused}");
    }
}

#[tokio::test]
async fn answers_that_are_lost_or_unreadable_are_ambiguous() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let strike = |kind| stage.simulator.control().add_fault(Fault { path: String::new(), kind, count: 1 });
    strike(FaultKind::LoseAnswer);
    let lost = stage.client.accounts(&call(&tokens.access_token)).await.expect_err("lost");
    assert_eq!(lost, Error::Unreachable(Failure::Broken));
    strike(FaultKind::Garbage);
    let garbage = stage.client.accounts(&call(&tokens.access_token)).await.expect_err("garbage");
    assert!(matches!(garbage, Error::Unreadable { what: "accounts", .. }), "{garbage}");
    assert!(lost.is_ambiguous() && garbage.is_ambiguous());
}

#[tokio::test]
async fn a_service_that_is_not_there_was_not_asked() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    let client = stage.client.clone();
    stage.simulator.stop().await;
    let unreachable = client.accounts(&call(&tokens.access_token)).await.expect_err("stopped");
    assert_eq!(unreachable, Error::Unreachable(Failure::Connect));
    assert!(!unreachable.is_ambiguous());
}

#[tokio::test]
async fn a_slow_service_is_waited_for() {
    let stage = Stage::sandbox().await;
    let tokens = stage.john().await;
    stage.simulator.control().set_modes(Modes { latency_milliseconds: 150, ..Modes::default() });
    let begun = std::time::Instant::now();
    stage.client.me(&call(&tokens.access_token)).await.expect("late, but there");
    assert!(begun.elapsed().as_millis() >= 150);
}
