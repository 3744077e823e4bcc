//! Reading who sessions belong to: one for a request, or all that are in use, before what is known of them is too old.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::Duration;
use database::padded;
use futures_util::try_join;
use kernel::{Instant, SessionId, UserId};
use sea_orm::DbErr;

use super::session::{actor, idle_limit};
use crate::guard::{Principal, PrincipalKey};
use crate::identity::model::{Session, User, UserKind, UserStatus};
use crate::identity::store::{sessions, users};
use crate::{Bank, Permission, Permissions, Role};

/// The most sessions that are read at once; the others are read when they are used.
const MOST: usize = 5_000;

/// How old the use that a session's row tells of may grow before it is written with the others'; a request on its own
/// waits a little longer.
const USE_WRITTEN_AFTER: Duration = Duration::seconds(10);

/// Reads the remembered sessions that were used since an instant again, with three queries for them all, and writes down
/// that they were; what has ended meanwhile is forgotten.
///
/// # Errors
/// `DbErr` when they cannot be read: what is remembered dies by itself within a second.
pub async fn recall(bank: &Bank, since: Instant) -> Result<(), DbErr> {
    let memory = bank.guard.principals();
    let in_use = |known: &Principal| known.last_use.load(Ordering::Relaxed) >= since.timestamp_micros();
    let remembered = memory.remembered().into_iter().filter(|(_, known)| in_use(known));
    let sessions = remembered.filter_map(|(_, known)| Some((known.session_id?, known)));
    let in_use: HashMap<SessionId, Arc<Principal>> = sessions.take(MOST).collect();
    if in_use.is_empty() {
        return Ok(());
    }
    write_uses(bank, &in_use, since).await;
    let generation = memory.generation();
    let mut fresh = read(bank, in_use.keys().copied().collect()).await?;
    for (id, known) in in_use {
        let key = PrincipalKey::Session(id);
        match fresh.remove(&id) {
            Some(fresh) => {
                let last_use = Arc::clone(&known.last_use);
                last_use.fetch_max(fresh.last_use.load(Ordering::Relaxed), Ordering::Relaxed);
                memory.keep(key, generation, Arc::new(Principal { last_use, ..fresh })).await;
            }
            None => memory.forget(key).await,
        }
    }
    Ok(())
}

/// Writes down that sessions were used, with one statement for those whose rows tell of an old use. It was no earlier than
/// `since`, and it is not told later than it was. A failure is no reason to end anything: the next round tries again.
async fn write_uses(bank: &Bank, in_use: &HashMap<SessionId, Arc<Principal>>, since: Instant) {
    let old = in_use.iter().filter(|(_, known)| since - known.recorded_use >= USE_WRITTEN_AFTER);
    let ids = padded(old.map(|(id, _)| *id).collect());
    if ids.is_empty() {
        return;
    }
    let written = async {
        let tx = bank.db.begin().await?;
        sessions::touch(&tx, &ids, since).await?;
        tx.commit().await
    };
    if let Err(error) = written.await {
        tracing::warn!(error = %error, "the last use of the sessions in use was not written");
    }
}

/// Reads who the sessions belong to that are open, as far as these people may sign in.
pub(super) async fn read(bank: &Bank, ids: Vec<SessionId>) -> Result<HashMap<SessionId, Principal>, DbErr> {
    let db = bank.db.latest();
    let open = sessions::find_open_among(db, &padded(ids)).await?;
    if open.is_empty() {
        return Ok(HashMap::new());
    }
    let people = padded(open.iter().map(|session| session.user_id).collect::<Vec<UserId>>());
    let (users, held) =
        try_join!(users::find_among(db, &people), users::roles_of(db, people.iter().copied()))?;
    let active = users.into_iter().filter(|user| user.status == UserStatus::Active);
    let active: HashMap<UserId, User> = active.map(|user| (user.id, user)).collect();
    let mut roles: HashMap<UserId, Vec<Role>> = HashMap::new();
    for (user, role) in held {
        roles.entry(user).or_default().push(role);
    }
    let known = open.into_iter().filter_map(|session| {
        let user = active.get(&session.user_id)?.clone();
        let held = held_by(bank, &user, roles.get(&user.id).map_or(&[], Vec::as_slice));
        Some((session.id, signed_in(bank, session, user, held)))
    });
    Ok(known.collect())
}

/// Describes who a session belongs to.
fn signed_in(bank: &Bank, session: Session, user: User, permissions: Permissions) -> Principal {
    Principal {
        actor: actor(&user),
        user_id: user.id,
        session_id: Some(session.id),
        must_enroll: must_enroll(bank, &user),
        name: user.full_name,
        locale: user.locale,
        permissions,
        bound_to: session.device_hash,
        ends_at: session.expires_at,
        idle: Some(idle_limit(bank, user.kind)),
        recorded_use: session.last_used_at,
        last_use: Arc::new(AtomicI64::new(session.last_used_at.timestamp_micros())),
    }
}

/// Returns what an active user with these roles may do.
pub(super) fn held_by(bank: &Bank, user: &User, roles: &[Role]) -> Permissions {
    if must_enroll(bank, user) {
        // Nothing but enrolling the second factor, until it is enrolled.
        return [Permission::ManageProfile].into_iter().collect();
    }
    roles.iter().fold(Permissions::NONE, |held, role| held.union(role.permissions()))
}

/// Says whether somebody of the staff has to enrol a second factor first.
pub(super) fn must_enroll(bank: &Bank, user: &User) -> bool {
    user.kind == UserKind::Staff && !user.has_second_factor() && bank.settings.is_production()
}
