//! Secrets stay where they belong: neither tables nor errors hold one in clear.

use bank::Role;
use bank::sealing;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use database::Engine;
use kernel::Secret;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::json;

use super::register::{mailed_token, registration};
use super::sign_in::SEED;
use crate::harness::{App, PASSWORD};
use crate::people::{account, bank_app, customer, id_of, patch, path_of, person, post, signed};

/// Reads every row of every table.
pub async fn dump(app: &App) -> String {
    let db = app.bank.db.latest();
    let sql = match app.bank.db.engine() {
        Engine::Sqlite => "select name from sqlite_master where type = 'table'",
        Engine::Postgres => "select tablename as name from pg_tables where schemaname = 'public'",
    };
    let tables = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    assert!(tables.len() > 30, "{}", tables.len());
    let mut dump = String::new();
    for table in tables {
        let name: String = table.try_get("", "name").unwrap();
        dump.push_str(&app.rows(&name).await);
    }
    dump
}

/// Spells a secret in every way in which it might have slipped out.
fn spellings(canary: &str) -> [String; 5] {
    let percent = canary.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    [
        canary.to_owned(),
        STANDARD_NO_PAD.encode(canary),
        URL_SAFE_NO_PAD.encode(canary),
        hex::encode(canary),
        percent.collect(),
    ]
}

/// Fails when a text holds a secret in any spelling.
#[track_caller]
pub fn holds_none_of(text: &str, canaries: &[&str]) {
    for canary in canaries {
        for spelling in spellings(canary) {
            assert!(!text.contains(&spelling), "{canary} as {spelling}");
        }
    }
}

#[tokio::test]
async fn no_password_token_key_or_seed_lies_in_the_database_in_clear() {
    let app = App::new().await;
    app.post("/api/v1/auth/register").json(&registration("ada@example.com")).send().await.expect(202);
    app.run_jobs().await;
    let mailed = mailed_token(&app, "ada@example.com");
    let agent = app.staff(Role::Support).await;
    app.user("Eve", vec![Role::Customer], Some(SEED.to_vec())).await;
    let body = json!({ "name": "x", "scopes": ["users:read"], "expires_in_days": 1 });
    let key = app.post("/api/v1/api-keys").by(&agent).json(&body).send().await.expect(201).json();
    let secret = key["key"].as_str().expect("a key").rsplit_once('_').expect("a secret").1.to_owned();
    let dump = dump(&app).await;
    assert!(dump.contains("ada@example.com"), "the dump shows what is stored");
    let seed = String::from_utf8(SEED.to_vec()).expect("text");
    holds_none_of(&dump, &[PASSWORD, &mailed, &agent.token, &agent.refresh_token, &secret, &seed]);
}

#[tokio::test]
async fn changing_the_keys_seals_every_value_again_and_goes_on_where_it_stopped() {
    let mut app = App::new().await;
    for name in ["Ada", "Eve", "Grace"] {
        app.user(name, vec![Role::Customer], Some(SEED.to_vec())).await;
    }
    let old = app.bank.settings.encryption_keys[0].clone();
    let new = Secret::new(vec![42; 32]);
    let keys = sealing::KeyRing::new(&[new.clone(), old]).expect("keys");
    app.bank = app.bank.with(|parts| parts.keys = keys);
    let mut seen = Vec::new();
    let done =
        sealing::rewrap(&app.bank, |progress| seen.push(progress.rewrapped)).await.expect("sealed again");
    assert_eq!(done, 3);
    assert_eq!(seen[0], 3);
    assert_eq!(sealing::rewrap(&app.bank, |_| ()).await.expect("nothing left"), 0);
    let keys = sealing::KeyRing::new(&[new]).expect("keys");
    app.bank = app.bank.with(|parts| parts.keys = keys);
    let sealed = app.rows("users").await;
    assert_eq!(sealed.matches(&app.bank.keys.current_prefix()).count(), 3);
    let keys = sealing::KeyRing::new(&[Secret::new(vec![1; 32])]).expect("keys");
    app.bank = app.bank.with(|parts| parts.keys = keys);
    assert!(sealing::rewrap(&app.bank, |_| ()).await.is_err(), "the old key is gone");
}

/// Collects what is logged on this thread.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_no_secret_no_address_and_nobody_even_in_full_detail() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let app = App::new().await;
    let email = "ada@example.com";
    app.post("/api/v1/auth/register").json(&registration(email)).send().await.expect(202);
    app.run_jobs().await;
    let mailed = mailed_token(&app, email);
    app.post("/api/v1/auth/verify-email").json(&json!({ "token": mailed })).send().await.expect(204);
    let login = |password: &str| {
        app.post("/api/v1/auth/login").json(&json!({ "email": email, "password": password }))
    };
    login("a wrong password").send().await.refused(401, "sign_in_failed");
    let signed_in = login(PASSWORD).send().await.expect(200).json();
    let access = signed_in["access_token"].as_str().expect("a token");
    let refresh = signed_in["refresh_token"].as_str().expect("a token");
    let body = json!({ "password": PASSWORD });
    let seed = app.post("/api/v1/me/totp").bearer(access).json(&body).send().await.expect(200).json();
    app.get("/api/v1/me").bearer("forged.token.text").send().await.refused(401, "unauthenticated");
    app.post("/api/v1/auth/refresh").json(&json!({ "refresh_token": refresh })).send().await.expect(200);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).expect("text");
    assert!(text.contains("mail written") && text.contains("request answered"), "{text}");
    let seed = seed["secret"].as_str().expect("a secret");
    let secrets = [PASSWORD, "a wrong password", &mailed, access, refresh, seed];
    holds_none_of(&text, &secrets);
    holds_none_of(&text, &[email, "Lovelace", "192.0.2.10", "forged.token"]);
}

#[tokio::test]
async fn a_cards_number_is_refused_wherever_people_write() {
    let app = bank_app().await;
    let ada = customer(&app).await;
    let account = account(&app, &ada).await;
    let officer = person(&app.bank, Role::Compliance).await;
    let card = "my card 4111 1111 1111 1111";
    let user = format!("/api/v1/users/{}", id_of(&ada));
    let transfer = json!({
        "from_account_id": account["id"], "to_account_id": account["id"], "reference": card,
        "amount": { "amount_minor": 1, "currency": "GBP" },
    });
    let answers = [
        patch(&app, &ada, &path_of(&account, ""), &json!({ "nickname": card })).await,
        post(&app, &officer, &format!("{user}/notes"), &json!({ "text": card })).await,
        post(&app, &officer, &format!("{user}/suspend"), &json!({ "reason": card })).await,
        signed(app.post("/api/v1/transfers").key("k").json(&transfer), &ada).send().await,
    ];
    for answer in answers {
        let answer = answer.refused(422, "invalid_input");
        assert!(answer.text().contains("card"), "{}", answer.text());
        assert!(!answer.text().contains("4111"), "{}", answer.text());
    }
}
