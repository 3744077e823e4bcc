//! Signing in: failures, locks, the second factor.

use bank::Role;
use chrono::Duration;
use serde_json::{Value, json};
use totp_rs::Builder;

use crate::harness::{Answer, App, PASSWORD};

pub(super) const SEED: [u8; 20] = *b"12345678901234567890";

/// Shows what the authenticator shows at the bank's time.
pub(super) fn code(app: &App, seed: &[u8]) -> String {
    let totp = Builder::new().with_secret(seed.to_vec()).build_noncompliant();
    let seconds = u64::try_from(app.bank.now().timestamp()).expect("after 1970");
    totp.generate(seconds).to_string()
}

async fn login(app: &App, email: &str, password: &str) -> Answer {
    app.post("/api/v1/auth/login").json(&json!({ "email": email, "password": password })).send().await
}

pub(super) async fn mfa(app: &App, token: &Value, code: &str) -> Answer {
    app.post("/api/v1/auth/mfa").json(&json!({ "mfa_token": token, "code": code })).send().await
}

async fn first_step(app: &App, email: &str) -> Value {
    let answer = login(app, email, PASSWORD).await.expect(200).json();
    assert_eq!((&answer["mfa_required"], answer.get("access_token")), (&json!(true), None));
    answer["mfa_token"].clone()
}

#[tokio::test]
async fn a_hash_of_another_cost_is_made_again_at_the_next_sign_in() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let dearer = app.node(|settings| settings.password_cost.iterations += 1);
    let hashes = || dearer.bank.guard.passwords().hashes();
    for (hashed, why) in [(2, "the password is judged and hashed again"), (1, "it is at the new cost")] {
        let before = hashes();
        login(&dearer, &ada.email, PASSWORD).await.expect(200);
        assert_eq!(hashes() - before, hashed, "{why}");
    }
    login(&app, &ada.email, PASSWORD).await.expect(200);
}

/// Takes away what differs in every answer.
fn constant(answer: &Answer) -> Value {
    let mut body = answer.json();
    body.as_object_mut().expect("an object").remove("request_id");
    body
}

#[tokio::test]
async fn a_wrong_password_an_unknown_and_a_suspended_user_are_told_the_same() {
    let app = App::new().await;
    let (_, known) = app.user("Ada", vec![Role::Customer], None).await;
    let (suspended, other) = app.user("Eve", vec![Role::Customer], None).await;
    let admin = app.staff(Role::Admin).await;
    let path = format!("/api/v1/users/{suspended}/suspend");
    app.post(&path).by(&admin).json(&json!({ "reason": "fraud" })).send().await.expect(204);
    let hashes = || app.bank.guard.passwords().hashes();
    let before = hashes();
    let wrong = login(&app, &known, "wrong password").await.refused(401, "sign_in_failed");
    assert_eq!(hashes() - before, 1);
    let unknown = login(&app, "nobody@example.com", "wrong password").await.refused(401, "sign_in_failed");
    assert_eq!(hashes() - before, 2, "an unknown user costs one hash as well");
    let stopped = login(&app, &other, PASSWORD).await.refused(401, "sign_in_failed");
    assert_eq!(hashes() - before, 3);
    assert_eq!(constant(&wrong), constant(&unknown));
    assert_eq!(constant(&wrong), constant(&stopped));
}

#[tokio::test]
async fn after_five_failures_an_account_rests_known_or_not_and_longer_each_time() {
    let app = App::new().await;
    let (_, known) = app.user("Ada", vec![Role::Customer], None).await;
    for email in [known.as_str(), "nobody@example.com"] {
        for _ in 0..5 {
            login(&app, email, "wrong password").await.refused(401, "sign_in_failed");
        }
        let locked = login(&app, email, PASSWORD).await.refused(429, "too_many_failures");
        let wait: i64 = locked.header("retry-after").parse().expect("seconds");
        assert!((1..=61).contains(&wait), "{wait}");
        app.bank.clock.advance(Duration::seconds(61));
        login(&app, email, "wrong password").await.refused(401, "sign_in_failed");
        let locked = login(&app, email, PASSWORD).await.refused(429, "too_many_failures");
        let wait: i64 = locked.header("retry-after").parse().expect("seconds");
        assert!((62..=121).contains(&wait), "{wait}");
    }
    app.bank.clock.advance(Duration::seconds(121));
    login(&app, &known, PASSWORD).await.expect(200);
    for _ in 0..4 {
        login(&app, &known, "wrong password").await.refused(401, "sign_in_failed");
    }
    login(&app, &known, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_rests_and_others_do_not() {
    let app = App::new().await;
    let (_, known) = app.user("Ada", vec![Role::Customer], None).await;
    for number in 0..30 {
        let email = format!("guess{number}@example.com");
        login(&app, &email, "wrong password").await.refused(401, "sign_in_failed");
    }
    login(&app, &known, PASSWORD).await.refused(429, "too_many_failures");
    let body = json!({ "email": known, "password": PASSWORD });
    app.post("/api/v1/auth/login").from_address("198.51.100.7").json(&body).send().await.expect(200);
}

#[tokio::test]
async fn many_guesses_at_once_learn_no_more_than_one_after_the_other() {
    let app = App::new().await;
    let (_, email) = app.user("Ada", vec![Role::Customer], None).await;
    let guesses = (0..40).map(|_| login(&app, &email, "wrong password"));
    let answers = futures_util::future::join_all(guesses).await;
    let told = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(told, 5);
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 401 | 429)));
}

#[tokio::test]
async fn a_failed_sign_in_is_in_the_audit_log_without_an_address() {
    let app = App::new().await;
    let (id, email) = app.user("Ada", vec![Role::Customer], None).await;
    login(&app, &email, "wrong password").await.refused(401, "sign_in_failed");
    login(&app, "nobody@example.com", "wrong password").await.refused(401, "sign_in_failed");
    let auditor = app.staff(Role::Auditor).await;
    let log = app.get("/api/v1/audit-log?limit=200").by(&auditor).send().await.expect(200);
    assert!(!log.text().contains("example.com") && !log.text().contains("192.0.2.10"), "{}", log.text());
    let rows = log.json()["items"].as_array().expect("a list").clone();
    let failures: Vec<_> = rows.iter().filter(|row| row["action"] == "session.sign_in_failed").collect();
    assert_eq!(failures.len(), 2);
    assert!(failures[1].to_string().contains(&id.to_string()));
}

#[tokio::test]
async fn the_second_factor_is_asked_for_and_each_code_works_once() {
    let app = App::new().await;
    let (_, email) = app.user("Ada", vec![Role::Customer], Some(SEED.to_vec())).await;
    let token = first_step(&app, &email).await;
    mfa(&app, &token, "000000").await.refused(401, "sign_in_failed");
    let shown = code(&app, &SEED);
    mfa(&app, &token, &shown).await.expect(200);
    let token = first_step(&app, &email).await;
    mfa(&app, &token, &shown).await.refused(401, "sign_in_failed");
    app.bank.clock.advance(Duration::seconds(30));
    mfa(&app, &token, &code(&app, &SEED)).await.expect(200);
}

#[tokio::test]
async fn one_code_twice_at_once_opens_one_session() {
    let app = App::new().await;
    let (_, email) = app.user("Ada", vec![Role::Customer], Some(SEED.to_vec())).await;
    let token = first_step(&app, &email).await;
    let shown = code(&app, &SEED);
    let (one, other) = tokio::join!(mfa(&app, &token, &shown), mfa(&app, &token, &shown));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn a_right_password_does_not_forget_wrong_codes() {
    let app = App::new().await;
    let (_, email) = app.user("Ada", vec![Role::Customer], Some(SEED.to_vec())).await;
    for _ in 0..5 {
        let token = first_step(&app, &email).await;
        mfa(&app, &token, "000000").await.refused(401, "sign_in_failed");
    }
    login(&app, &email, PASSWORD).await.refused(429, "too_many_failures");
}

#[tokio::test]
async fn the_second_step_must_follow_within_five_minutes_and_opens_nothing_by_itself() {
    let app = App::new().await;
    let (_, email) = app.user("Ada", vec![Role::Customer], Some(SEED.to_vec())).await;
    let token = first_step(&app, &email).await;
    let text = token.as_str().expect("a token");
    app.get("/api/v1/me").bearer(text).send().await.refused(401, "unauthenticated");
    app.bank.clock.advance(Duration::minutes(5));
    mfa(&app, &token, &code(&app, &SEED)).await.refused(401, "sign_in_failed");
}
