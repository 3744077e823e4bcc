//! What is no token of ours opens nothing, and is told nothing.

use bank::Role;
use bank::guard::{Life, TokenRing};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use kernel::{Random, Secret};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::harness::{Answer, App, Person};

async fn me(app: &App, token: &str) -> Answer {
    app.get("/api/v1/me").bearer(token).send().await
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Makes every token that must be refused from one that must not.
fn attacks(app: &App, ada: &Person) -> Vec<(&'static str, String)> {
    let parts: Vec<&str> = ada.token.split('.').collect();
    let [header, claims, signature] = [parts[0], parts[1], parts[2]];
    let part = |text: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base 64")).expect("json")
    };
    let with_header = |name: &str, value: Value| {
        let mut changed = part(header);
        changed[name] = value;
        format!("{}.{claims}.{signature}", encoded(&changed))
    };
    let with_claim = |name: &str, value: Value| {
        let mut changed = part(claims);
        changed[name] = value;
        format!("{header}.{}.{signature}", encoded(&changed))
    };
    let random = Random::seeded(1);
    let life = |from: Duration, span: Duration| Life { from: app.bank.now() + from, span, random: &random };
    let (minutes, none) = (Duration::minutes(10), Duration::zero());
    let secret = app.bank.settings.jwt_secrets[0].clone();
    let foreign =
        TokenRing::new(&[Secret::new("another environment's secret".to_owned())], "x").expect("a ring");
    let elsewhere = TokenRing::new(&[secret], "https://elsewhere.example.com").expect("a ring");
    let ours = app.bank.guard.tokens();
    let sign = |ring: &TokenRing, life| ring.access(ada.user_id, ada.session_id, life).expose().clone();
    let twice = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).expect("base 64")).expect("text");
    let twice = twice.replacen('{', "{\"sub\":\"usr_00000000000000000000000001\",", 1);
    vec![
        ("nothing", String::new()),
        ("no token", "x".to_owned()),
        ("two dots", "..".to_owned()),
        ("alg none", format!("{}.{claims}.", encoded(&json!({ "alg": "none", "typ": "at+jwt" })))),
        ("alg None", with_header("alg", json!("None"))),
        ("alg NONE", with_header("alg", json!("NONE"))),
        ("alg RS256", with_header("alg", json!("RS256"))),
        ("alg HS512", with_header("alg", json!("HS512"))),
        ("no signature", format!("{header}.{claims}.")),
        ("no third part", format!("{header}.{claims}")),
        ("kid as a path", with_header("kid", json!("../../dev/null"))),
        ("kid as SQL", with_header("kid", json!("' or 1=1 --"))),
        ("kid as a URL", with_header("kid", json!("https://example.com/key"))),
        ("a key inside", with_header("jwk", json!({ "kty": "oct", "k": "AAAA", "alg": "HS256" }))),
        ("a key elsewhere", with_header("jku", json!("https://example.com/keys"))),
        ("a certificate elsewhere", with_header("x5u", json!("https://example.com/cert"))),
        ("another type", with_header("typ", json!("JWT"))),
        ("another user", with_claim("sub", json!("usr_00000000000000000000000001"))),
        ("a later end", with_claim("exp", json!(i64::MAX))),
        ("a claim twice", format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(twice))),
        ("expired", sign(ours, life(-minutes, minutes))),
        ("from the future", sign(ours, life(Duration::minutes(1), minutes))),
        ("of another environment", sign(&foreign, life(none, minutes))),
        ("of another issuer", sign(&elsewhere, life(none, minutes))),
        ("for the second step", ours.second_step(ada.user_id, 0, life(none, minutes)).expose().clone()),
        ("a refresh token", ada.refresh_token.clone()),
        ("a megabyte", format!("{header}.{}.{signature}", "A".repeat(1_000_000))),
        ("encrypted", format!("{}.a.b.c.d", encoded(&json!({ "alg": "dir", "enc": "A256GCM" })))),
        ("a key of nobody", "fk_01k0z8r9tqe5mbd3v6n2j7x4hc_secret".to_owned()),
        ("half a key", "fk_".to_owned()),
    ]
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused_and_told_one_and_the_same() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    me(&app, &ada.token).await.expect(200);
    let constant = |answer: &Answer| {
        let mut body = answer.json();
        body.as_object_mut().expect("an object").remove("request_id");
        body
    };
    let nobody = app.get("/api/v1/me").send().await.refused(401, "unauthenticated");
    for (name, token) in attacks(&app, &ada) {
        let answer = me(&app, &token).await;
        assert_eq!(answer.status, 401, "{name}");
        assert_eq!(constant(&answer), constant(&nobody), "{name}");
    }
    let twice = app.get("/api/v1/me").bearer(&ada.token).bearer(&ada.token);
    twice.send().await.refused(401, "unauthenticated");
    me(&app, &ada.token).await.expect(200);
}

#[tokio::test]
async fn a_token_signed_before_the_secret_changed_holds_while_the_old_one_is_in_the_ring() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let old = app.bank.settings.jwt_secrets[0].clone();
    let new = Secret::new("the next secret, also of 32 bytes and more".to_owned());
    let issuer = &app.bank.settings.public_url;
    let both = TokenRing::new(&[new.clone(), old], issuer).expect("a ring");
    let only = TokenRing::new(&[new], issuer).expect("a ring");
    let holds =
        |ring: &TokenRing| ring.verify(bank::guard::Audience::Api, &ada.token, app.bank.now()).is_some();
    assert!(holds(&both));
    assert!(!holds(&only));
}

#[tokio::test]
async fn new_roles_count_from_the_next_request_on() {
    let app = App::new().await;
    let admin = app.staff(Role::Admin).await;
    let agent = app.staff(Role::Support).await;
    app.get("/api/v1/users").by(&agent).send().await.expect(200);
    let path = format!("/api/v1/users/{}/roles", agent.user_id);
    let body = json!({ "roles": ["operations"], "reason": "moves to operations" });
    app.post(&path).by(&admin).json(&body).send().await.expect(204);
    let me = me(&app, &agent.token).await.expect(200).json();
    assert_eq!(me["roles"], json!(["operations"]));
    assert!(!me["permissions"].as_array().expect("a list").contains(&json!("users:end_sessions")));
}

#[tokio::test]
async fn another_node_forgets_whom_it_has_checked_when_the_epoch_rises() {
    let app = App::new().await;
    let ada = app.customer("Ada").await;
    let settings = std::sync::Arc::clone(&app.bank.settings);
    let (clock, random) = (app.bank.clock.clone(), Random::seeded(2));
    let node = bank::Bank::new(app.bank.db.clone(), clock, random, settings).expect("a second node");
    let (router, _) = bank::router::build(&node);
    let ask = async || {
        let request = axum::http::Request::get("/api/v1/me")
            .header("authorization", format!("Bearer {}", ada.token))
            .body(axum::body::Body::empty())
            .expect("a request");
        tower::ServiceExt::oneshot(router.clone(), request).await.expect("an answer").status().as_u16()
    };
    bank::identity::service::poll_epoch(&node).await.expect("polled");
    assert_eq!(ask().await, 200);
    app.post("/api/v1/auth/logout").by(&ada).send().await.expect(204);
    bank::identity::service::poll_epoch(&node).await.expect("polled");
    assert_eq!(ask().await, 401);
}

#[tokio::test]
async fn sessions_in_use_are_read_again_together_and_what_has_ended_is_forgotten() {
    let app = App::new().await;
    let (ada, bob, eve) = (app.customer("Ada").await, app.customer("Bob").await, app.customer("Eve").await);
    let begun = app.bank.now();
    for person in [&ada, &bob, &eve] {
        me(&app, &person.token).await.expect(200);
    }
    // Behind the bank's back, without a word to the epoch.
    let tx = app.bank.db.begin().await.expect("a transaction");
    let ended = "update sessions set ended_at = last_used_at, end_reason = 'signed_out' where user_id in \
                 (select id from users where full_name like 'Bob%')";
    let suspended = "update users set status = 'suspended' where full_name like 'Eve%'";
    for sql in [ended, suspended] {
        tx.execute_unprepared(sql).await.expect("changed");
    }
    tx.commit().await.expect("committed");
    let before = app.bank.db.statements();
    bank::identity::service::recall(&app.bank, begun).await.expect("read");
    assert_eq!(app.bank.db.statements() - before, 3, "for all of them");
    let before = app.bank.db.statements();
    bank::identity::service::recall(&app.bank, app.bank.now() + Duration::seconds(1)).await.expect("read");
    assert_eq!(app.bank.db.statements() - before, 0, "nobody was here since");
    me(&app, &ada.token).await.expect(200);
    me(&app, &bob.token).await.refused(401, "unauthenticated");
    me(&app, &eve.token).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn uses_are_written_down_together_and_never_later_than_they_were() {
    let app = App::new().await;
    let (ada, bob) = (app.customer("Ada").await, app.customer("Bob").await);
    app.bank.clock.advance(Duration::seconds(12));
    let used = app.bank.now();
    for person in [&ada, &bob] {
        me(&app, &person.token).await.expect(200);
    }
    let before = app.bank.db.statements();
    bank::identity::service::recall(&app.bank, used).await.expect("read");
    assert_eq!(app.bank.db.statements() - before, 4, "one to write, three to read");
    for person in [&ada, &bob] {
        let sessions = app.get("/api/v1/me/sessions").by(person).send().await.expect(200).json();
        assert_eq!(sessions["items"][0]["last_used_at"], json!("2026-03-02T09:00:12Z"));
    }
    app.bank.clock.advance(Duration::seconds(5));
    me(&app, &ada.token).await.expect(200);
    let before = app.bank.db.statements();
    bank::identity::service::recall(&app.bank, app.bank.now()).await.expect("read");
    assert_eq!(app.bank.db.statements() - before, 3, "it was written five seconds ago");
}
