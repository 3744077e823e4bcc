//! Registering and verifying an address.

use bank::Role;
use serde_json::{Value, json};

use crate::harness::{App, PASSWORD};

pub(super) fn registration(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "full_name": "Ada Lovelace", "country": "GB" })
}

/// Finds the token, which stands alone on its line, in the newest mail to an address.
pub(super) fn mailed_token(app: &App, to: &str) -> String {
    let mails = app.mails();
    let mail = mails.iter().rev().find(|mail| mail.contains(to)).expect("a mail");
    let is_token = |line: &&str| line.len() == 32 && !line.contains([' ', ':']);
    mail.lines().map(str::trim).find(is_token).expect("a token").to_owned()
}

async fn login(app: &App, email: &str) -> crate::harness::Answer {
    app.post("/api/v1/auth/login").json(&json!({ "email": email, "password": PASSWORD })).send().await
}

#[tokio::test]
async fn somebody_registers_verifies_the_address_and_signs_in() {
    let app = App::new().await;
    let email = "Ada@Example.com";
    let answer = app.post("/api/v1/auth/register").json(&registration(email)).send().await.expect(202);
    assert_eq!(answer.json(), json!({ "next": "verify_email" }));
    login(&app, email).await.refused(403, "email_unverified");
    app.run_jobs().await;
    let token = mailed_token(&app, email);
    let body = json!({ "token": token });
    app.post("/api/v1/auth/verify-email").json(&body).send().await.expect(204);
    app.post("/api/v1/auth/verify-email").json(&body).send().await.refused(422, "token_unfit");
    let answer = login(&app, "ada@example.COM").await.expect(200).json();
    let token = answer["access_token"].as_str().expect("a token");
    let me = app.get("/api/v1/me").bearer(token).send().await.expect(200).json();
    assert_eq!((&me["email"], &me["status"]), (&json!(email), &json!("active")));
    assert_eq!(me["roles"], json!(["customer"]));
}

#[tokio::test]
async fn a_known_address_gets_the_same_answer_and_its_owner_a_mail() {
    let app = App::new().await;
    let (_, email) = app.user("Ada", vec![Role::Customer], None).await;
    let hashes = || app.bank.guard.passwords().hashes();
    let before = hashes();
    let known = app.post("/api/v1/auth/register").json(&registration(&email)).send().await.expect(202);
    let between = hashes();
    let unknown = registration("somebody@example.com");
    let unknown = app.post("/api/v1/auth/register").json(&unknown).send().await.expect(202);
    assert_eq!(known.text(), unknown.text());
    assert_eq!(between - before, hashes() - between, "both cost the same hashes");
    app.run_jobs().await;
    let mails = app.mails();
    assert!(mails.iter().any(|mail| mail.contains(&email) && mail.contains("registered already")));
}

#[tokio::test]
async fn input_that_does_not_fit_is_named() {
    let app = App::new().await;
    for (change, pointer) in [
        (json!({ "email": "ada" }), "/email"),
        (json!({ "email": "a@example.com\nBcc: b@example.com" }), "/email"),
        (json!({ "password": "too short" }), "/password"),
        (json!({ "password": "passwordpassword" }), "/password"),
        (json!({ "password": "somebody@example.com" }), "/password"),
        (json!({ "full_name": " " }), "/full_name"),
        (json!({ "locale": "EN" }), "/locale"),
        (json!({ "country": "ZZZ" }), "/country"),
    ] {
        let mut body = registration("somebody@example.com");
        let fields = change.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(fields);
        let answer = app.post("/api/v1/auth/register").json(&body).send().await;
        let answer = answer.refused(422, "invalid_input").json();
        assert_eq!(answer["errors"][0]["pointer"], pointer, "{change}");
    }
    let mut body = registration("somebody@example.com");
    body["role"] = json!("admin");
    app.post("/api/v1/auth/register").json(&body).send().await.refused(422, "invalid_input");
}

#[tokio::test]
async fn a_verification_token_dies_after_a_day() {
    let app = App::new().await;
    app.post("/api/v1/auth/register").json(&registration("ada@example.com")).send().await.expect(202);
    app.run_jobs().await;
    let token = mailed_token(&app, "ada@example.com");
    app.bank.clock.advance(chrono::Duration::hours(24));
    let body = json!({ "token": token });
    app.post("/api/v1/auth/verify-email").json(&body).send().await.refused(422, "token_unfit");
}
