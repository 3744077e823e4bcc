//! Sessions: opened at sign-in, continued by refresh tokens, ended singly or all.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use database::Tx;
use kernel::{Actor, Instant, Secret, SessionId, UserId};

use super::epoch;
use crate::audit::{self, Event, Subject};
use crate::guard::Life;
use crate::identity::model::{
    Delivery, EndReason, IdentityError, RefreshToken, Session, User, UserKind, Visitor,
};
use crate::identity::store::{epoch as epoch_row, sessions, users};
use crate::{Bank, Caller, Permission};

/// For how long a refresh whose answer was lost may be repeated with the old token. The same client gets the
/// very same answer, for the successor is derived from the token; afterwards a used token ends the session.
const REPEAT: Duration = Duration::seconds(10);

/// Holds what a client is signed in with.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user_id: UserId,
    /// With which session.
    pub session_id: SessionId,
    /// How the tokens travel.
    pub delivery: Delivery,
    /// Calls the API.
    pub access_token: Secret<String>,
    /// Until when.
    pub access_expires_at: Instant,
    /// Continues the session, once.
    pub refresh_token: Secret<String>,
    /// When the session ends in any case.
    pub session_expires_at: Instant,
    /// Whether other sessions ended for this one, so that they must be forgotten after the commit.
    pub(super) ended_others: bool,
}

/// Returns how long a session of this sort of user may rest.
pub(super) fn idle_limit(bank: &Bank, kind: UserKind) -> Duration {
    match kind {
        UserKind::Customer => bank.settings.sessions.customer_idle,
        UserKind::Staff => bank.settings.sessions.staff_idle,
    }
}

/// Opens a session for a user whose row is locked; the oldest end when there are too many.
pub(super) async fn open(
    bank: &Bank,
    tx: &Tx,
    user: &User,
    visitor: &Visitor,
    delivery: Delivery,
) -> Result<SignedIn, IdentityError> {
    let now = bank.now();
    let ended_others = make_room(bank, tx, user).await?;
    let session = Session {
        id: SessionId::generate(now, &bank.random),
        user_id: user.id,
        device: visitor.device.clone(),
        device_hash: (delivery == Delivery::Cookie).then(|| visitor.device_hash.clone()),
        created_at: now,
        last_used_at: now,
        expires_at: now + bank.settings.sessions.absolute,
        ended_at: None,
        end_reason: None,
    };
    sessions::insert(tx, session.clone()).await?;
    let refresh_token = Secret::new(format!("fr_{}", URL_SAFE_NO_PAD.encode(bank.random.bytes::<32>())));
    let hash = sha256(refresh_token.expose());
    let row =
        RefreshToken { hash, session_id: session.id, created_at: now, used_at: None, successor_hash: None };
    sessions::insert_token(tx, row).await?;
    let event = Event::new("session.sign_in", Subject::new("user", user.id));
    let event = event.change(serde_json::Value::Null, serde_json::json!({ "session_id": session.id }));
    let caller = Caller { actor: actor(user), user_id: Some(user.id), ..visitor.as_caller() };
    audit::record(bank, tx, &caller, event).await?;
    if ended_others {
        epoch_row::raise(tx).await?;
    }
    Ok(SignedIn { ended_others, ..signed_in(bank, &session, refresh_token) })
}

/// Names a user as an actor.
pub(super) fn actor(user: &User) -> Actor {
    match user.kind {
        UserKind::Customer => Actor::Customer(user.id),
        UserKind::Staff => Actor::Staff(user.id),
    }
}

/// Ends what is overdue, then the oldest, until there is room for one more; says whether live ones ended.
async fn make_room(bank: &Bank, tx: &Tx, user: &User) -> Result<bool, IdentityError> {
    let (now, idle) = (bank.now(), idle_limit(bank, user.kind));
    let mut live = Vec::new();
    for session in sessions::open(tx, user.id).await? {
        match session.overdue(now, idle) {
            Some(reason) => drop(sessions::end(tx, vec![session.id], now, reason).await?),
            None => live.push(session.id),
        }
    }
    let room = usize::try_from(bank.settings.sessions.most.max(1) - 1).unwrap_or(0);
    let oldest = live[..live.len().saturating_sub(room)].to_vec();
    Ok(sessions::end(tx, oldest, now, EndReason::TooMany).await? > 0)
}

/// Exchanges a refresh token for fresh tokens of the same session. It does not count as use: a client that
/// refreshes by itself does not keep an idle session alive.
///
/// # Errors
/// [`IdentityError::SessionOver`] for every token that does not continue a live session. One that was used
/// before ends the session, for somebody else has it.
pub async fn refresh(
    bank: &Bank,
    visitor: &Visitor,
    token: &Secret<String>,
) -> Result<SignedIn, IdentityError> {
    let hash = sha256(token.expose());
    let found = sessions::find_token(bank.db.latest(), &hash).await?.ok_or(IdentityError::SessionOver)?;
    let tx = bank.db.begin().await?;
    let session =
        sessions::load_for_update(&tx, found.session_id).await?.ok_or(IdentityError::SessionOver)?;
    let user = users::find(&tx, session.user_id).await?.ok_or(IdentityError::SessionOver)?;
    let row = sessions::find_token(&tx, &hash).await?.ok_or(IdentityError::SessionOver)?;
    if let Some(reason) = unfit(bank, visitor, &session, &user, token, &row) {
        end_for(bank, &tx, visitor, &session, reason).await?;
        tx.commit().await?;
        epoch::forget(bank);
        return Err(IdentityError::SessionOver);
    }
    let successor = match &row.successor_hash {
        Some(known) => repeated(bank, token, known).ok_or(IdentityError::SessionOver)?,
        None => exchange(bank, &tx, token, row).await?,
    };
    tx.commit().await?;
    Ok(signed_in(bank, &session, successor))
}

/// Says why a token must not continue its session, if so.
fn unfit(
    bank: &Bank,
    visitor: &Visitor,
    session: &Session,
    user: &User,
    token: &Secret<String>,
    row: &RefreshToken,
) -> Option<EndReason> {
    let now = bank.now();
    let overdue = session.overdue(now, idle_limit(bank, user.kind));
    if overdue.is_some() {
        return overdue;
    }
    let same_client = match &session.device_hash {
        Some(hash) => *hash == visitor.device_hash,
        None => session.device == visitor.device,
    };
    let used_before = row.used_at.is_some_and(|used_at| {
        let repeats = same_client && now - used_at <= REPEAT;
        let known = row.successor_hash.as_ref();
        !repeats || known.is_none_or(|known| repeated(bank, token, known).is_none())
    });
    let stolen_cookie = session.device_hash.is_some() && !same_client;
    (used_before || stolen_cookie).then_some(EndReason::TokenReused)
}

/// Derives the successor again; the secret that derived it may no longer be the first of the ring.
fn repeated(bank: &Bank, token: &Secret<String>, known: &[u8]) -> Option<Secret<String>> {
    let mut candidates = bank.guard.tokens().macs("refresh", token.expose().as_bytes()).map(successor);
    candidates.find(|candidate| sha256(candidate.expose()) == known)
}

async fn exchange(
    bank: &Bank,
    tx: &Tx,
    token: &Secret<String>,
    mut row: RefreshToken,
) -> Result<Secret<String>, IdentityError> {
    let now = bank.now();
    let successor = successor(bank.guard.tokens().mac("refresh", token.expose().as_bytes()));
    let hash = sha256(successor.expose());
    let next = RefreshToken {
        hash: hash.clone(),
        session_id: row.session_id,
        created_at: now,
        used_at: None,
        successor_hash: None,
    };
    row.used_at = Some(now);
    row.successor_hash = Some(hash);
    sessions::update_token(tx, row).await?;
    sessions::insert_token(tx, next).await?;
    Ok(successor)
}

fn successor(mac: [u8; 32]) -> Secret<String> {
    Secret::new(format!("fr_{}", URL_SAFE_NO_PAD.encode(mac)))
}

async fn end_for(
    bank: &Bank,
    tx: &Tx,
    visitor: &Visitor,
    session: &Session,
    reason: EndReason,
) -> Result<(), IdentityError> {
    sessions::end(tx, vec![session.id], bank.now(), reason).await?;
    let event = Event::new("session.end", Subject::new("session", session.id));
    let event = event.change(serde_json::Value::Null, serde_json::json!({ "reason": reason }));
    audit::record(bank, tx, &visitor.as_caller(), event).await?;
    Ok(epoch_row::raise(tx).await?)
}

/// Signs out: ends the caller's own session.
///
/// # Errors
/// [`IdentityError::SessionOver`] when the caller has none.
pub async fn sign_out(bank: &Bank, caller: &Caller) -> Result<(), IdentityError> {
    let session_id = caller.session_id.ok_or(IdentityError::SessionOver)?;
    let tx = bank.db.begin().await?;
    sessions::end(&tx, vec![session_id], bank.now(), EndReason::SignedOut).await?;
    audit::record(bank, &tx, caller, Event::new("session.end", Subject::new("session", session_id))).await?;
    epoch_row::raise(&tx).await?;
    tx.commit().await?;
    epoch::forget(bank);
    Ok(())
}

/// Lists the caller's live sessions, newest first.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::Storage`].
pub async fn list(bank: &Bank, caller: &Caller) -> Result<Vec<Session>, IdentityError> {
    caller.require(Permission::ManageProfile)?;
    let user_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    let user = users::find(bank.db.read(), user_id).await?.ok_or(IdentityError::NotFound)?;
    let (now, idle) = (bank.now(), idle_limit(bank, user.kind));
    let mut live = sessions::open(bank.db.read(), user_id).await?;
    live.retain(|session| session.overdue(now, idle).is_none());
    live.reverse();
    Ok(live)
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::NotFound`] when it is ended already or somebody else's.
pub async fn end(bank: &Bank, caller: &Caller, session_id: SessionId) -> Result<(), IdentityError> {
    caller.require(Permission::ManageProfile)?;
    let tx = bank.db.begin().await?;
    let session = sessions::load_for_update(&tx, session_id).await?;
    let session = session.filter(|session| Some(session.user_id) == caller.user_id);
    let session = session.ok_or(IdentityError::NotFound)?;
    sessions::end(&tx, vec![session.id], bank.now(), EndReason::EndedByUser).await?;
    audit::record(bank, &tx, caller, Event::new("session.end", Subject::new("session", session_id))).await?;
    epoch_row::raise(&tx).await?;
    tx.commit().await?;
    epoch::forget(bank);
    Ok(())
}

/// Ends all of the caller's sessions, this one too.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::SessionOver`].
pub async fn end_all(bank: &Bank, caller: &Caller) -> Result<(), IdentityError> {
    caller.require(Permission::ManageProfile)?;
    let user_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    let tx = bank.db.begin().await?;
    users::load_for_update(&tx, user_id).await?;
    end_open(bank, &tx, user_id, None, EndReason::EndedByUser).await?;
    audit::record(bank, &tx, caller, Event::new("session.end_all", Subject::new("user", user_id))).await?;
    epoch_row::raise(&tx).await?;
    tx.commit().await?;
    epoch::forget(bank);
    Ok(())
}

/// Ends every open session of a user whose row is locked, but one.
pub(super) async fn end_open(
    bank: &Bank,
    tx: &Tx,
    user_id: UserId,
    but: Option<SessionId>,
    reason: EndReason,
) -> Result<u64, IdentityError> {
    let open = sessions::open(tx, user_id).await?;
    let ids = open.iter().map(|session| session.id).filter(|id| Some(*id) != but).collect();
    Ok(sessions::end(tx, ids, bank.now(), reason).await?)
}

/// Returns the token that a browser must send beside its cookies with every write of a session.
pub fn csrf_token(bank: &Bank, session_id: SessionId) -> String {
    URL_SAFE_NO_PAD.encode(bank.guard.tokens().mac("csrf", session_id.uuid().as_bytes()))
}

/// Says whether a browser sent the token of its session.
pub fn is_csrf_token(bank: &Bank, session_id: SessionId, shown: &str) -> bool {
    let shown = Secret::new(shown.to_owned());
    let session_id = session_id.uuid();
    let mut known = bank.guard.tokens().macs("csrf", session_id.as_bytes());
    known.any(|mac| Secret::new(URL_SAFE_NO_PAD.encode(mac)) == shown)
}

fn signed_in(bank: &Bank, session: &Session, refresh_token: Secret<String>) -> SignedIn {
    let (from, span) = (bank.now(), bank.settings.sessions.access_token);
    let life = Life { from, span, random: &bank.random };
    SignedIn {
        user_id: session.user_id,
        session_id: session.id,
        delivery: if session.device_hash.is_some() { Delivery::Cookie } else { Delivery::Bearer },
        access_token: bank.guard.tokens().access(session.user_id, session.id, life),
        access_expires_at: from + span,
        refresh_token,
        session_expires_at: session.expires_at,
        ended_others: false,
    }
}

/// Hashes a random token for its column: 256 random bits need no slow hash.
pub(super) fn sha256(text: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec()
}
