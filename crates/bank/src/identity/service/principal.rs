//! From what a request shows to who it is: the session's or the key's row decides.
//!
//! A row is read at most once a second for each caller, and anew after every revocation; a request in between
//! costs no query. Whoever comes often is read again, and its use written down, with the others ([`super::recall`]), and
//! pays for none at all.
//! Use is written down every fifteen seconds (keys: every minute), so that a session ends fifteen seconds early
//! rather than late.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_lc_rs::digest;
use chrono::Duration;
use kernel::{Actor, ApiKeyId, Instant, Secret, SessionId, UserId};
use sea_orm::{ConnectionTrait, DbErr};

use super::recall::{self, held_by, must_enroll};
use super::session::SignedIn;
use crate::guard::{Audience, Life, Principal, PrincipalKey};
use crate::identity::model::{User, UserKind, UserStatus, Visitor, parse_scopes};
use crate::identity::store::{credentials, sessions, users};
use crate::{Bank, Caller, Permissions};

/// How exactly the last use of a session is known.
const SESSION_USE: Duration = Duration::seconds(15);
/// How exactly the last use of a key is known.
const KEY_USE: Duration = Duration::minutes(1);

/// Stands before an API key.
pub const KEY_PREFIX: &str = "fk_";

/// Returns who an access token or an API key belongs to; `None` for everything that does not hold.
///
/// # Errors
/// `DbErr` when the database cannot say.
pub async fn caller_of(bank: &Bank, visitor: &Visitor, token: &str) -> Result<Option<Caller>, DbErr> {
    match token.strip_prefix(KEY_PREFIX) {
        Some(key) => by_key(bank, visitor, key).await,
        None => Ok(by_session(bank, visitor, (Audience::Api, token)).await?.map(|(caller, _)| caller)),
    }
}

/// Returns who of a kind a token of the pages belongs to, and what is known of the person.
///
/// # Errors
/// `DbErr` when the database cannot say.
pub async fn member_of(
    bank: &Bank,
    visitor: &Visitor,
    (kind, token): (UserKind, &str),
) -> Result<Option<(Caller, Arc<Principal>)>, DbErr> {
    let found = by_session(bank, visitor, (Audience::Console, token)).await?;
    Ok(found.filter(|(caller, _)| caller.is_staff() == (kind == UserKind::Staff)))
}

/// Makes the token that opens the pages of a side for a session; the session's row decides how long.
pub fn console_token(bank: &Bank, signed_in: &SignedIn) -> Secret<String> {
    let from = bank.now();
    let life = Life { from, span: signed_in.session_expires_at - from, random: &bank.random };
    bank.guard.tokens().console(signed_in.user_id, signed_in.session_id, life)
}

async fn by_session(
    bank: &Bank,
    visitor: &Visitor,
    (audience, token): (Audience, &str),
) -> Result<Option<(Caller, Arc<Principal>)>, DbErr> {
    let claims = bank.guard.tokens().verify(audience, token, bank.now());
    let Some((user_id, session_id)) = claims.and_then(|claims| Some((claims.sub, claims.sid?))) else {
        return Ok(None);
    };
    let Some(principal) = session_principal(bank, session_id).await? else {
        return Ok(None);
    };
    let bound = principal.bound_to.as_ref().is_none_or(|hash| *hash == visitor.device_hash);
    if principal.user_id != user_id || !bound || !in_time(bank.now(), &principal) {
        return Ok(None);
    }
    let now = bank.now();
    principal.last_use.fetch_max(now.timestamp_micros(), Ordering::Relaxed);
    if now - principal.recorded_use >= SESSION_USE {
        write_use(bank, PrincipalKey::Session(session_id)).await;
    }
    Ok(Some((caller(&principal, visitor), principal)))
}

async fn by_key(bank: &Bank, visitor: &Visitor, key: &str) -> Result<Option<Caller>, DbErr> {
    let Some((id, secret)) = parse_key(key) else {
        return Ok(None);
    };
    let Some(principal) = key_principal(bank, id).await? else {
        return Ok(None);
    };
    let shown = Secret::new(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref().to_vec());
    let right = principal.bound_to.clone().is_some_and(|hash| Secret::new(hash) == shown);
    if !right || !in_time(bank.now(), &principal) {
        return Ok(None);
    }
    if bank.now() - principal.recorded_use >= KEY_USE {
        write_use(bank, PrincipalKey::ApiKey(id)).await;
    }
    Ok(Some(caller(&principal, visitor)))
}

/// Splits `<id>_<secret>`; the id is shown without its prefix.
fn parse_key(key: &str) -> Option<(ApiKeyId, &str)> {
    let (id, secret) = key.split_once('_')?;
    Some((format!("{}_{id}", ApiKeyId::PREFIX).parse().ok()?, secret))
}

fn in_time(now: Instant, principal: &Principal) -> bool {
    let last_use = principal.last_use.load(Ordering::Relaxed);
    let rested = Duration::microseconds(now.timestamp_micros() - last_use);
    now < principal.ends_at && principal.idle.is_none_or(|idle| rested < idle)
}

fn caller(principal: &Principal, visitor: &Visitor) -> Caller {
    Caller {
        actor: principal.actor,
        user_id: Some(principal.user_id),
        session_id: principal.session_id,
        request_id: visitor.request_id,
        permissions: principal.permissions,
        address: visitor.address,
    }
}

async fn session_principal(bank: &Bank, id: SessionId) -> Result<Option<Arc<Principal>>, DbErr> {
    let key = PrincipalKey::Session(id);
    let memory = bank.guard.principals();
    if let Some(known) = memory.get(key).await {
        return Ok(Some(known));
    }
    let generation = memory.generation();
    let Some(principal) = recall::read(bank, vec![id]).await?.remove(&id).map(Arc::new) else {
        return Ok(None);
    };
    memory.keep(key, generation, Arc::clone(&principal)).await;
    Ok(Some(principal))
}

async fn key_principal(bank: &Bank, id: ApiKeyId) -> Result<Option<Arc<Principal>>, DbErr> {
    let key = PrincipalKey::ApiKey(id);
    let memory = bank.guard.principals();
    if let Some(known) = memory.get(key).await {
        return Ok(Some(known));
    }
    let generation = memory.generation();
    let row = credentials::find_key(bank.db.latest(), id).await?;
    let Some(row) = row.filter(|row| row.revoked_at.is_none()) else {
        return Ok(None);
    };
    let Some((user, permissions)) = active_user(bank, bank.db.latest(), row.user_id).await? else {
        return Ok(None);
    };
    let used = row.last_used_at.unwrap_or(Instant::UNIX_EPOCH);
    let principal = Arc::new(Principal {
        actor: Actor::ApiKey(id),
        user_id: user.id,
        session_id: None,
        must_enroll: must_enroll(bank, &user),
        name: user.full_name,
        locale: user.locale,
        permissions: permissions.intersection(parse_scopes(&row.scopes)),
        bound_to: Some(row.hash),
        ends_at: row.expires_at,
        idle: None,
        recorded_use: used,
        last_use: Arc::new(AtomicI64::new(used.timestamp_micros())),
    });
    memory.keep(key, generation, Arc::clone(&principal)).await;
    Ok(Some(principal))
}

/// Returns what a user may do by the roles held at this moment, past every memory; nothing unless active.
///
/// # Errors
/// `DbErr` when the database cannot say.
pub async fn permissions_of(
    bank: &Bank,
    db: &impl ConnectionTrait,
    id: UserId,
) -> Result<Permissions, DbErr> {
    let held = active_user(bank, db, id).await?;
    Ok(held.map_or(Permissions::NONE, |(_, permissions)| permissions))
}

/// Returns a user who may sign in, with what the roles permit today.
async fn active_user(
    bank: &Bank,
    db: &impl ConnectionTrait,
    id: UserId,
) -> Result<Option<(User, Permissions)>, DbErr> {
    let user = users::find(db, id).await?;
    let Some(user) = user.filter(|user| user.status == UserStatus::Active) else {
        return Ok(None);
    };
    let roles = users::roles(db, id).await?;
    let held = held_by(bank, &user, &roles);
    Ok(Some((user, held)))
}

/// Writes the last use down. A failure is no reason to refuse the request; the next one tries again.
async fn write_use(bank: &Bank, key: PrincipalKey) {
    let written = async {
        let tx = bank.db.begin().await?;
        match key {
            PrincipalKey::Session(id) => sessions::touch(&tx, &[id], bank.now()).await?,
            PrincipalKey::ApiKey(id) => credentials::touch_key(&tx, id, bank.now()).await?,
        }
        tx.commit().await
    };
    match written.await {
        Ok(()) => bank.guard.principals().forget(key).await,
        Err(error) => tracing::warn!(error = %error, "the last use of a session or key was not written"),
    }
}
