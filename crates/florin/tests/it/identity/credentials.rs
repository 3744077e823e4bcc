//! Passwords and second factors: changed, reset, enrolled, lost.

use axum::http::Method;
use bank::Role;
use chrono::Duration;
use serde_json::{Value, json};

use super::register::mailed_token;
use super::sign_in::{SEED, code, mfa};
use crate::harness::{Answer, App, PASSWORD, Person};

const OTHER: &str = "marble otter trumpet";

async fn login(app: &App, email: &str, password: &str) -> Answer {
    app.post("/api/v1/auth/login").json(&json!({ "email": email, "password": password })).send().await
}

async fn change(app: &App, person: &Person, current: &str, new: &str) -> Answer {
    let body = json!({ "current_password": current, "password": new });
    app.post("/api/v1/me/password").by(person).json(&body).send().await
}

async fn me(app: &App, person: &Person) -> Answer {
    app.get("/api/v1/me").by(person).send().await
}

#[tokio::test]
async fn a_changed_password_ends_all_other_sessions_and_is_told_by_mail() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let phone = app.sign_in(ada.user_id, &ada.email).await;
    change(&app, &ada, "wrong password", OTHER).await.refused(422, "confirmation_failed");
    change(&app, &ada, PASSWORD, OTHER).await.expect(204);
    me(&app, &ada).await.expect(200);
    me(&app, &phone).await.refused(401, "unauthenticated");
    login(&app, &ada.email, PASSWORD).await.refused(401, "sign_in_failed");
    login(&app, &ada.email, OTHER).await.expect(200);
    app.run_jobs().await;
    assert!(app.mails().iter().any(|mail| mail.contains("your sign-in was changed")));
}

#[tokio::test]
async fn the_last_five_passwords_and_weak_ones_are_refused() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let used = [PASSWORD, OTHER, "violet kettle asteroid", "cobalt ferry lantern", "walnut prism dolphin"];
    for pair in used.windows(2) {
        change(&app, &ada, pair[0], pair[1]).await.expect(204);
        app.bank.clock.advance(Duration::seconds(1));
    }
    for old in used {
        let refused = change(&app, &ada, used[4], old).await.refused(422, "invalid_input");
        assert_eq!(refused.json()["errors"][0]["detail"], "was used before");
    }
    for weak in ["short", "passwordpassword", &"x".repeat(129)] {
        change(&app, &ada, used[4], weak).await.refused(422, "invalid_input");
    }
    change(&app, &ada, used[4], "ember saddle quokka").await.expect(204);
    app.bank.clock.advance(Duration::seconds(1));
    change(&app, &ada, "ember saddle quokka", PASSWORD).await.expect(204);
    app.run_jobs().await;
}

#[tokio::test]
async fn wrong_current_passwords_lock_like_failed_sign_ins() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    for _ in 0..5 {
        change(&app, &ada, "wrong password", OTHER).await.refused(422, "confirmation_failed");
    }
    change(&app, &ada, PASSWORD, OTHER).await.refused(429, "too_many_failures");
}

#[tokio::test]
async fn a_reset_answers_the_same_for_every_address_and_its_token_works_once() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    for email in [ada.email.as_str(), "nobody@example.com"] {
        let body = json!({ "email": email });
        let answer = app.post("/api/v1/auth/password/forgot").json(&body).send().await.expect(202);
        assert!(answer.bytes.is_empty());
    }
    app.run_jobs().await;
    assert_eq!(app.mails().len(), 1);
    let token = mailed_token(&app, &ada.email);
    let reset = |token: &str, password: &str| {
        app.post("/api/v1/auth/password/reset").json(&json!({ "token": token, "password": password }))
    };
    reset("unknown", OTHER).send().await.refused(422, "token_unfit");
    reset(&token, PASSWORD).send().await.refused(422, "invalid_input");
    reset(&token, OTHER).send().await.expect(204);
    reset(&token, "violet kettle asteroid").send().await.refused(422, "token_unfit");
    me(&app, &ada).await.refused(401, "unauthenticated");
    login(&app, &ada.email, OTHER).await.expect(200);
    app.run_jobs().await;
}

#[tokio::test]
async fn a_reset_token_dies_after_half_an_hour_and_verifies_nothing() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let body = json!({ "email": ada.email });
    app.post("/api/v1/auth/password/forgot").json(&body).send().await.expect(202);
    app.run_jobs().await;
    let token = mailed_token(&app, &ada.email);
    let verify = app.post("/api/v1/auth/verify-email").json(&json!({ "token": token }));
    verify.send().await.refused(422, "token_unfit");
    app.bank.clock.advance(Duration::minutes(30));
    let body = json!({ "token": token, "password": OTHER });
    app.post("/api/v1/auth/password/reset").json(&body).send().await.refused(422, "token_unfit");
}

#[tokio::test]
async fn no_more_than_three_reset_mails_go_out_within_an_hour() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    for _ in 0..6 {
        let body = json!({ "email": ada.email });
        app.post("/api/v1/auth/password/forgot").json(&body).send().await.expect(202);
    }
    app.run_jobs().await;
    assert_eq!(app.mails().len(), 3);
}

#[tokio::test]
async fn a_reset_does_not_pass_the_second_factor_by() {
    let app = App::new().await;
    let (_, email) = app.user("Ada", vec![Role::Customer], Some(SEED.to_vec())).await;
    let body = json!({ "email": email });
    app.post("/api/v1/auth/password/forgot").json(&body).send().await.expect(202);
    app.run_jobs().await;
    let body = json!({ "token": mailed_token(&app, &email), "password": OTHER });
    app.post("/api/v1/auth/password/reset").json(&body).send().await.expect(204);
    let answer = login(&app, &email, OTHER).await.expect(200).json();
    assert_eq!((&answer["mfa_required"], answer.get("access_token")), (&json!(true), None));
    app.run_jobs().await;
}

async fn enroll(app: &App, person: &Person) -> (Vec<u8>, Value) {
    let body = json!({ "password": PASSWORD });
    let shown = app.post("/api/v1/me/totp").by(person).json(&body).send().await.expect(200).json();
    let secret = shown["secret"].as_str().expect("a secret");
    assert!(shown["otpauth_url"].as_str().expect("a url").contains(secret));
    let seed = totp_rs::Secret::try_from_base32(secret).expect("base 32").as_bytes().to_vec();
    let confirm = |code: &str| app.post("/api/v1/me/totp/confirm").by(person).json(&json!({ "code": code }));
    confirm("000000").send().await.refused(422, "confirmation_failed");
    let codes = confirm(&code(app, &seed)).send().await.expect(200).json();
    (seed, codes["recovery_codes"].clone())
}

#[tokio::test]
async fn a_second_factor_is_enrolled_used_and_taken_away_again() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let phone = app.sign_in(ada.user_id, &ada.email).await;
    let (seed, _) = enroll(&app, &ada).await;
    me(&app, &phone).await.refused(401, "unauthenticated");
    let shown = me(&app, &ada).await.expect(200).json();
    assert_eq!((&shown["second_factor"], &shown["recovery_codes_left"]), (&json!(true), &json!(10)));
    let again = app.post("/api/v1/me/totp").by(&ada).json(&json!({ "password": PASSWORD }));
    again.send().await.refused(409, "second_factor_enrolled");
    let remove = |password: &str, code: &str| {
        let body = json!({ "password": password, "code": code });
        app.request(Method::DELETE, "/api/v1/me/totp").by(&ada).json(&body)
    };
    app.bank.clock.advance(Duration::seconds(30));
    remove("wrong password", &code(&app, &seed)).send().await.refused(422, "confirmation_failed");
    remove(PASSWORD, "000000").send().await.refused(422, "confirmation_failed");
    remove(PASSWORD, &code(&app, &seed)).send().await.expect(204);
    login(&app, &ada.email, PASSWORD).await.expect(200);
    remove(PASSWORD, "000000").send().await.refused(409, "no_second_factor");
    app.run_jobs().await;
}

#[tokio::test]
async fn a_recovery_code_stands_in_for_the_authenticator_once() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let (_, codes) = enroll(&app, &ada).await;
    assert_eq!(codes.as_array().expect("a list").len(), 10);
    let lost = codes[3].as_str().expect("a code");
    let token = login(&app, &ada.email, PASSWORD).await.expect(200).json()["mfa_token"].clone();
    mfa(&app, &token, &lost.to_lowercase().replace('-', " ")).await.expect(200);
    mfa(&app, &token, lost).await.refused(401, "sign_in_failed");
    let body = json!({ "password": PASSWORD });
    let renew = app.post("/api/v1/me/totp/recovery-codes").by(&ada).json(&body);
    let fresh = renew.send().await.expect(200).json()["recovery_codes"].clone();
    mfa(&app, &token, codes[4].as_str().expect("a code")).await.refused(401, "sign_in_failed");
    mfa(&app, &token, fresh[0].as_str().expect("a code")).await.expect(200);
    app.run_jobs().await;
}

#[tokio::test]
async fn twelve_characters_are_enough_beside_a_second_factor() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    change(&app, &ada, PASSWORD, "plover-quartz").await.refused(422, "invalid_input");
    enroll(&app, &ada).await;
    change(&app, &ada, PASSWORD, "plover-quartz").await.expect(204);
    app.run_jobs().await;
}

#[tokio::test]
async fn in_production_staff_enrolls_a_second_factor_before_anything_else() {
    let app = App::with(|settings| {
        settings.environment = bank::settings::Environment::Production;
        settings.public_url = "https://bank.example.com".to_owned();
    })
    .await;
    let admin = app.staff(Role::Admin).await;
    app.get("/api/v1/users").by(&admin).send().await.refused(403, "forbidden");
    enroll(&app, &admin).await;
    app.get("/api/v1/users").by(&admin).send().await.expect(200);
    app.run_jobs().await;
}

#[tokio::test]
async fn a_profile_is_changed_and_can_only_be_more_careful_than_the_bank() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let patch = |body: Value| app.request(Method::PATCH, "/api/v1/me").by(&ada).json(&body);
    let change = json!({ "full_name": "Ada King", "locale": "de-AT", "step_up_threshold_minor": 500 });
    let shown = patch(change).send().await.expect(200).json();
    assert_eq!((&shown["full_name"], &shown["locale"]), (&json!("Ada King"), &json!("de-AT")));
    assert_eq!(shown["step_up_threshold_minor"], 500);
    patch(json!({ "step_up_threshold_minor": 25_001 })).send().await.refused(422, "invalid_input");
    patch(json!({ "roles": ["admin"] })).send().await.refused(422, "invalid_input");
}
