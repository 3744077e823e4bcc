//! Changing secrets while the bank is in use: nothing fails on the way, and the old secret opens nothing afterwards.

use std::process::Stdio;

use bank::Role;
use bank::sealing::{KeyRing, Place};
use chrono::Duration;
use kernel::{Secret, UserId};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::harness::{Answer, App, PASSWORD};
use crate::program::Folder;

const SEED: &[u8; 20] = b"20 bytes of a secret";
/// The keys of the tests' settings and the one that follows.
const OLD_KEY: [u8; 32] = [7; 32];
const NEW_KEY: [u8; 32] = [8; 32];
/// More than one batch of the rotation, so that it can be killed between two.
const PEOPLE: usize = 450;

fn new_secret() -> Secret<String> {
    Secret::new("another secret of at least 32 bytes, also for tests".to_owned())
}

async fn me(app: &App, token: &str) -> Answer {
    app.get("/api/v1/me").bearer(token).send().await
}

#[tokio::test]
async fn a_new_signing_secret_takes_over_without_a_refused_request() {
    let before = App::new().await;
    let during = before.node(|settings| settings.jwt_secrets.insert(0, new_secret()));
    let after = before.node(|settings| settings.jwt_secrets = vec![new_secret()]);
    let ada = before.customer("Ada").await;
    me(&before, &ada.token).await.expect(200);
    me(&during, &ada.token).await.expect(200);
    me(&after, &ada.token).await.refused(401, "unauthenticated");

    let body = json!({ "refresh_token": ada.refresh_token });
    let renewed = during.post("/api/v1/auth/refresh").json(&body).send().await.expect(200).json();
    let token = renewed["access_token"].as_str().expect("a token");
    me(&during, token).await.expect(200);
    me(&after, token).await.expect(200);
    me(&before, token).await.refused(401, "unauthenticated");
}

/// Signs in with both factors.
async fn sign_in(app: &App, email: &str) {
    let body = json!({ "email": email, "password": PASSWORD });
    let first = app.post("/api/v1/auth/login").json(&body).send().await.expect(200).json();
    let totp = totp_rs::Builder::new().with_secret(SEED.to_vec()).build_noncompliant();
    let seconds = u64::try_from(app.bank.now().timestamp()).expect("after 1970");
    let body = json!({ "mfa_token": first["mfa_token"], "code": totp.generate(seconds).to_string() });
    app.post("/api/v1/auth/mfa").json(&body).send().await.expect(200);
}

/// Counts the seeds that are sealed under the new key.
async fn renewed(app: &App) -> usize {
    let ring = KeyRing::new(&[Secret::new(NEW_KEY.to_vec())]).expect("a key");
    let db = app.bank.db.latest();
    let sql = "select count(*) as number from users where totp_seed like $1";
    let values = [format!("{}%", ring.current_prefix()).into()];
    let row = db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await;
    let number: i64 = row.expect("an answer").expect("a row").try_get("", "number").expect("a number");
    usize::try_from(number).expect("a count")
}

async fn seed_of(app: &App, user: UserId) -> String {
    let rows = app.rows("users").await;
    let row = rows.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let mut row = row.filter(|row| row["id"].as_str().is_some_and(|id| id == user.uuid().to_string()));
    row.next().expect("a user")["totp_seed"].as_str().expect("a seed").to_owned()
}

#[tokio::test]
async fn encryption_keys_rotate_beside_sign_ins_and_after_a_kill() {
    let app = App::new().await;
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        people.push(app.user("Ada", vec![Role::Customer], Some(SEED.to_vec())).await);
    }
    let during = app.node(|settings| settings.encryption_keys.insert(0, Secret::new(NEW_KEY.to_vec())));
    let folder = Folder::new();
    let rotate = || {
        let mut command = folder.florin(&["keys", "rotate"]);
        let ring = format!("{},{}", hex::encode(NEW_KEY), hex::encode(OLD_KEY));
        command.env("DATABASE_URL", app.url()).env("FLORIN_ENCRYPTION_KEYS", ring);
        command
    };

    let mut killed = rotate().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    while renewed(&app).await == 0 && killed.try_wait().expect("a child").is_none() {
        tokio::task::yield_now().await;
    }
    killed.kill().expect("killed");
    killed.wait().expect("gone");
    let done = renewed(&app).await;
    assert!(done > 0, "nothing was sealed again before the kill");

    let mut again = rotate();
    let finished = tokio::task::spawn_blocking(move || again.output().expect("it runs"));
    for (_, email) in people.iter().step_by(15) {
        sign_in(&during, email).await;
    }
    let finished = finished.await.expect("it ran");
    let said = String::from_utf8_lossy(&finished.stdout).into_owned();
    assert!(finished.status.success(), "{said}{}", String::from_utf8_lossy(&finished.stderr));
    assert!(said.contains(&format!("{} values sealed again", PEOPLE - done)), "{said}");
    assert_eq!(renewed(&app).await, PEOPLE);

    let after = app.node(|settings| settings.encryption_keys = vec![Secret::new(NEW_KEY.to_vec())]);
    app.bank.clock.advance(Duration::seconds(30));
    for (_, email) in people.iter().step_by(90) {
        sign_in(&after, email).await;
    }
    let (user, _) = people[0];
    let sealed = seed_of(&app, user).await;
    let place = Place { table: "users", row: user.uuid(), column: "totp_seed" };
    let old = KeyRing::new(&[Secret::new(OLD_KEY.to_vec())]).expect("a key");
    assert!(old.open(place, &sealed).is_err(), "the old key opens nothing any more");
    let other = Place { row: people[1].0.uuid(), ..place };
    assert!(after.bank.keys.open(other, &sealed).is_err(), "a seed opens in its own row only");
}
