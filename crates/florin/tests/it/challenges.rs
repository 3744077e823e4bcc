//! Confirmations: bound to one payment, answered within bounds, spent once.

use bank::challenges::{ChallengeError, Required, Subject, service};
use bank::{Caller, Role};
use chrono::Duration;
use kernel::{Actor, ChallengeId, Currency, Money, RequestId};
use serde_json::json;

use crate::harness::{Answer, App, Person};

fn caller(app: &App, person: &Person) -> Caller {
    Caller {
        actor: Actor::Customer(person.user_id),
        user_id: Some(person.user_id),
        session_id: Some(person.session_id),
        request_id: RequestId::generate(app.bank.now(), &app.bank.random),
        permissions: Role::Customer.permissions(),
        address: None,
    }
}

fn payment(minor: i64, payee: &str) -> Subject {
    Subject::of("payment", Some(Money::new(minor, Currency::GBP)), Some(payee.to_owned()))
}

/// Asks whether a payment is confirmed, as a payment does in its own transaction.
async fn require(
    app: &App,
    person: &Person,
    subject: Subject,
    presented: Option<ChallengeId>,
) -> Result<(), Required> {
    let tx = app.bank.db.begin().await.expect("a transaction");
    let outcome = service::require(&app.bank, &tx, &caller(app, person), subject, presented).await;
    tx.commit().await.expect("committed");
    match outcome {
        Ok(()) => Ok(()),
        Err(ChallengeError::Required(required)) => Err(*required),
        Err(other) => panic!("{other}"),
    }
}

async fn answer(app: &App, person: &Person, id: ChallengeId, code: &str) -> Answer {
    let path = format!("/api/v1/challenges/{id}/answer");
    app.post(&path).by(person).json(&json!({ "code": code })).send().await
}

/// Finds the six digits that stand alone in the newest mail.
async fn mailed_code(app: &App) -> String {
    app.run_jobs().await;
    let mail = app.mails().pop().expect("a mail");
    assert!(mail.contains("Amount: 100.00 GBP") && mail.contains("To: GB33"), "{mail}");
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    mail.lines().map(str::trim).find(is_code).expect("a code").to_owned()
}

#[tokio::test]
async fn a_mailed_code_confirms_one_payment_once() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let required = require(&app, &ada, payment(10_000, "GB33"), None).await.expect_err("a challenge");
    assert_eq!(required.amount, Some(Money::new(10_000, Currency::GBP)));
    assert_eq!(required.payee.as_deref(), Some("GB33"));
    let id = required.challenge_id;
    assert!(require(&app, &ada, payment(10_000, "GB33"), Some(id)).await.is_err(), "not answered yet");
    app.run_jobs().await;
    app.bank.clock.advance(Duration::seconds(1));
    let again = require(&app, &ada, payment(10_000, "GB33"), None).await.expect_err("a challenge");
    let code = mailed_code(&app).await;
    answer(&app, &ada, again.challenge_id, &code).await.expect(204);
    require(&app, &ada, payment(10_000, "GB33"), Some(again.challenge_id)).await.expect("confirmed");
    assert!(require(&app, &ada, payment(10_000, "GB33"), Some(again.challenge_id)).await.is_err(), "spent");
    app.run_jobs().await;
}

#[tokio::test]
async fn another_amount_or_payee_asks_anew() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let required = require(&app, &ada, payment(10_000, "GB33"), None).await.expect_err("a challenge");
    let code = mailed_code(&app).await;
    answer(&app, &ada, required.challenge_id, &code).await.expect(204);
    let presented = Some(required.challenge_id);
    assert!(require(&app, &ada, payment(10_001, "GB33"), presented).await.is_err());
    assert!(require(&app, &ada, payment(10_000, "GB34"), presented).await.is_err());
    let eve = app.customer("Eve").await;
    assert!(require(&app, &eve, payment(10_000, "GB33"), presented).await.is_err());
    require(&app, &ada, payment(10_000, "GB33"), presented).await.expect("confirmed");
    app.run_jobs().await;
}

#[tokio::test]
async fn a_payment_that_fails_gives_its_challenge_back() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let required = require(&app, &ada, payment(10_000, "GB33"), None).await.expect_err("a challenge");
    let code = mailed_code(&app).await;
    answer(&app, &ada, required.challenge_id, &code).await.expect(204);
    let presented = Some(required.challenge_id);
    let tx = app.bank.db.begin().await.expect("a transaction");
    let spent =
        service::require(&app.bank, &tx, &caller(&app, &ada), payment(10_000, "GB33"), presented).await;
    spent.expect("confirmed");
    tx.rollback().await.expect("rolled back");
    require(&app, &ada, payment(10_000, "GB33"), presented).await.expect("confirmed");
}

#[tokio::test]
async fn five_wrong_codes_or_ten_minutes_end_a_challenge() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let required = require(&app, &ada, payment(10_000, "GB33"), None).await.expect_err("a challenge");
    let code = mailed_code(&app).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for left in (0..5).rev() {
        let refused = answer(&app, &ada, required.challenge_id, wrong).await.refused(422, "wrong_code");
        assert_eq!(refused.json()["tries_left"], left);
    }
    answer(&app, &ada, required.challenge_id, &code).await.refused(429, "too_many_failures");
    app.bank.clock.advance(Duration::seconds(61));
    answer(&app, &ada, required.challenge_id, &code).await.refused(404, "not_found");
    let late = require(&app, &ada, payment(10_000, "GB33"), None).await.expect_err("a challenge");
    let code = mailed_code(&app).await;
    let ada = app.sign_in(ada.user_id, &ada.email).await;
    app.bank.clock.advance(Duration::minutes(4));
    app.get("/api/v1/me").by(&ada).send().await.expect(200);
    app.bank.clock.advance(Duration::minutes(4));
    app.get("/api/v1/me").by(&ada).send().await.expect(200);
    app.bank.clock.advance(Duration::minutes(2));
    let ada = app.sign_in(ada.user_id, &ada.email).await;
    answer(&app, &ada, late.challenge_id, &code).await.refused(404, "not_found");
}

#[tokio::test]
async fn an_enrolled_authenticator_answers_and_nobody_answers_for_another() {
    let app = App::new().await;
    let seed = b"12345678901234567890".to_vec();
    let (user_id, email) = app.user("Ada", vec![Role::Customer], Some(seed.clone())).await;
    let login = json!({ "email": email, "password": crate::harness::PASSWORD });
    let first = app.post("/api/v1/auth/login").json(&login).send().await.expect(200).json();
    let code = |app: &App| {
        let totp = totp_rs::Builder::new().with_secret(seed.clone()).build_noncompliant();
        totp.generate(u64::try_from(app.bank.now().timestamp()).expect("after 1970")).to_string()
    };
    let body = json!({ "mfa_token": first["mfa_token"], "code": code(&app) });
    let signed_in = app.post("/api/v1/auth/mfa").json(&body).send().await.expect(200).json();
    let text = |name: &str| signed_in[name].as_str().expect("a text").to_owned();
    let ada = Person {
        user_id,
        email,
        session_id: text("session_id").parse().expect("an id"),
        token: text("access_token"),
        refresh_token: text("refresh_token"),
    };
    let required = require(&app, &ada, payment(10_000, "GB33"), None).await.expect_err("a challenge");
    answer(&app, &ada, required.challenge_id, &code(&app)).await.refused(422, "wrong_code");
    app.bank.clock.advance(Duration::seconds(30));
    let eve = app.customer("Eve").await;
    answer(&app, &eve, required.challenge_id, &code(&app)).await.refused(404, "not_found");
    answer(&app, &ada, required.challenge_id, &code(&app)).await.expect(204);
    require(&app, &ada, payment(10_000, "GB33"), Some(required.challenge_id)).await.expect("confirmed");
}
