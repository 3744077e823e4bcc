//! Signing in, oneself, and users as staff manages them.

use bank::Role;
use bank::challenges::{self, ChallengeError, Subject};
use bank::identity::service as identity;
use kernel::{ApiKeyId, ChallengeId, SessionId, UserId};
use serde_json::{Value, json};

use super::{Ask, absent};
use crate::harness::{PASSWORD, START};
use crate::matrix::world::{REASON, Which, Who, World, gbp, reason, system};

const SEED: [u8; 20] = [5; 20];

/// Makes a request by which somebody comes in; what stands in the body is right, whoever sends it.
pub async fn entry(world: &World, route: &'static str, who: Who) -> Option<Ask> {
    let owner = world.owner();
    let body = match route {
        "POST /auth/register" => {
            json!({ "email": new_address(world), "password": PASSWORD, "full_name": "Kim Doe" })
        }
        "POST /auth/verify-email" => json!({ "token": "guessed" }),
        "POST /auth/login" => json!({ "email": owner.email, "password": PASSWORD }),
        "POST /auth/mfa" => second_step(world).await,
        "POST /auth/refresh" => {
            let session = world.app.sign_in(owner.user_id, &owner.email).await;
            json!({ "refresh_token": session.refresh_token })
        }
        "POST /auth/password/forgot" => json!({ "email": owner.email }),
        "POST /auth/password/reset" => json!({ "token": "guessed", "password": "walnut ferry canopy" }),
        "POST /auth/logout" => return Some(Ask::to(route).by_twin(world, who).await),
        _ => return None,
    };
    Some(Ask::to(route).body(body))
}

/// Makes a request about the sender.
pub async fn oneself(world: &World, route: &'static str, who: Who, which: Which) -> Option<Ask> {
    let ask = Ask::to(route);
    Some(match route {
        "GET /me" | "GET /me/sessions" | "GET /api-keys" => ask,
        "PATCH /me" => ask.body(json!({ "locale": "en" })),
        "POST /me/password" => {
            let body = json!({ "current_password": PASSWORD, "password": "walnut ferry canopy" });
            ask.body(body).by_twin(world, who).await
        }
        "POST /me/totp" | "POST /me/totp/recovery-codes" => {
            ask.body(json!({ "password": PASSWORD })).by_twin(world, who).await
        }
        "POST /me/totp/confirm" => ask.body(json!({ "code": "000000" })).by_twin(world, who).await,
        "DELETE /me/totp" => {
            ask.body(json!({ "password": PASSWORD, "code": "000000" })).by_twin(world, who).await
        }
        "DELETE /me/sessions" => ask.by_twin(world, who).await,
        "DELETE /me/sessions/{id}" => ask.with("id", session(world, which).await),
        "POST /api-keys" => {
            let scope = if who.is_staff() { "users:read" } else { "own_accounts:read" };
            ask.body(json!({ "name": "books", "scopes": [scope], "expires_in_days": 7 }))
        }
        "DELETE /api-keys/{id}" => ask.with("id", api_key(world, which).await),
        "POST /challenges/{id}/answer" => {
            ask.with("id", challenge(world, which).await).body(json!({ "code": "000000" }))
        }
        _ => return None,
    })
}

/// Makes a request about a user: for customers A, for staff somebody who may be lost.
pub async fn users(world: &World, route: &'static str, who: Who, which: Which) -> Option<Ask> {
    let ask = Ask::to(route);
    let because = json!({ "reason": REASON });
    let body = match route {
        "GET /users" | "GET /users/invitations" | "GET /roles" => return Some(ask),
        "GET /users/{id}" | "GET /users/{id}/kyc-level" => {
            return Some(ask.with("id", user(world, route, who, which).await));
        }
        "POST /users/invitations" => {
            let body = json!({ "email": new_address(world), "roles": ["support"], "reason": REASON });
            return Some(ask.body(body));
        }
        "POST /users/{id}/suspend"
        | "POST /users/{id}/reinstate"
        | "POST /users/{id}/end-sessions"
        | "POST /users/{id}/reset-totp" => because,
        "POST /users/{id}/roles" => json!({ "roles": ["auditor"], "reason": REASON }),
        "POST /users/{id}/notes" => json!({ "text": "called about a lost card" }),
        "POST /users/{id}/kyc-level" => json!({ "level": 2, "reason": REASON }),
        _ => return None,
    };
    Some(ask.with("id", user(world, route, who, which).await).body(body))
}

pub(super) async fn user(world: &World, route: &str, who: Who, which: Which) -> String {
    match which {
        Which::Missing => absent(UserId::PREFIX),
        Which::Owned if who.is_staff() => victim(world, route).await.to_string(),
        Which::Owned => world.owner().user_id.to_string(),
    }
}

async fn victim(world: &World, route: &str) -> UserId {
    let app = &world.app;
    let role = if route.ends_with("/roles") { Role::Support } else { Role::Customer };
    let is_reset = route.ends_with("/reset-totp") || route.ends_with("/reset-second-factor");
    let seed = is_reset.then(|| SEED.to_vec());
    let (user, _) = app.user("Sam Doe", vec![role], seed).await;
    if route.ends_with("/reinstate") {
        identity::suspend(&app.bank, &system(app), user, reason()).await.unwrap();
    }
    user
}

/// Returns a member of staff who may be lost.
pub(super) async fn member(world: &World, route: &str, which: Which) -> String {
    if which == Which::Missing {
        return absent(UserId::PREFIX);
    }
    let app = &world.app;
    let seed = route.ends_with("/reset-second-factor").then(|| SEED.to_vec());
    let (user, _) = app.user("Sam Doe", vec![Role::Support], seed).await;
    if route.ends_with("/reinstate") {
        identity::suspend(&app.bank, &system(app), user, reason()).await.unwrap();
    }
    user.to_string()
}

pub(super) async fn session(world: &World, which: Which) -> String {
    if which == Which::Missing {
        return absent(SessionId::PREFIX);
    }
    let owner = world.owner();
    world.app.sign_in(owner.user_id, &owner.email).await.session_id.to_string()
}

pub(super) async fn api_key(world: &World, which: Which) -> String {
    if which == Which::Missing {
        return absent(ApiKeyId::PREFIX);
    }
    let body = json!({ "name": "books", "scopes": ["own_accounts:read"], "expires_in_days": 7 });
    let call = world.app.post("/api/v1/api-keys").by(world.owner()).json(&body);
    call.send().await.expect(201).json()["id"].as_str().unwrap().to_owned()
}

/// Asks A to confirm something.
async fn challenge(world: &World, which: Which) -> String {
    if which == Which::Missing {
        return absent(ChallengeId::PREFIX);
    }
    let bank = &world.app.bank;
    let tx = bank.db.begin().await.unwrap();
    let subject = Subject::of("test", Some(gbp(100)), None);
    let asked = challenges::service::require(bank, &tx, &world.caller_of_owner(), subject, None).await;
    tx.commit().await.unwrap();
    match asked {
        Err(ChallengeError::Required(required)) => required.challenge_id.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Takes the first step of a sign-in with a second factor, and prepares the second.
async fn second_step(world: &World) -> Value {
    let (_, email) = world.app.user("Mio Doe", vec![Role::Customer], Some(SEED.to_vec())).await;
    let body = json!({ "email": email, "password": PASSWORD });
    let first = world.app.post("/api/v1/auth/login").json(&body).send().await.expect(200).json();
    let totp = totp_rs::Builder::new()
        .with_secret(SEED.to_vec())
        .with_account_name("mio".to_owned())
        .with_issuer(Some("bank".to_owned()))
        .build_noncompliant();
    let now: kernel::Instant = START.parse().expect("an instant");
    let code = totp.generate(now.timestamp().unsigned_abs()).to_string();
    json!({ "mfa_token": first["mfa_token"], "code": code })
}

pub(super) fn new_address(world: &World) -> String {
    format!("{}@example.com", UserId::generate(world.app.bank.now(), &world.app.bank.random))
}
