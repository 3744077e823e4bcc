//! What staff does about users: look, invite, stop, release. Every act carries a reason and leaves a trace.

use chrono::Duration;
use database::Tx;
use kernel::{InvitationId, NoteId, Page, PageRequest, UserId};
use serde_json::{Value, json};

use super::mailing::{self, Order};
use super::register::kind_of;
use super::{epoch, second_factor, session};
use crate::audit::{self, Event, Reason, Subject};
use crate::identity::model::{
    ApiKey, Email, EndReason, IdentityError, Invitation, Note, Session, User, UserKind, UserStatus, role_text,
};
use crate::identity::store::users::UserFilter;
use crate::identity::store::{credentials, epoch as epoch_row, sessions, users};
use crate::{Bank, Caller, Permission, Role};

const INVITATION_LIFE: Duration = Duration::days(7);

/// Describes an invitation that is asked for.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Who is invited.
    pub email: Email,
    /// As what.
    pub roles: Vec<Role>,
    /// Why.
    pub reason: Reason,
}

/// Holds what staff sees of a user.
#[derive(Clone, Debug)]
pub struct UserDetail {
    /// The user.
    pub user: User,
    /// The roles.
    pub roles: Vec<Role>,
    /// The live sessions, oldest first.
    pub sessions: Vec<Session>,
    /// The notes, newest first.
    pub notes: Vec<Note>,
    /// The API keys that nobody has revoked, newest first.
    pub keys: Vec<ApiKey>,
}

/// Lists users with their roles, newest first; a text finds them by name, address or id. The look is written down.
///
/// # Errors
/// [`IdentityError::Forbidden`].
pub async fn list(
    bank: &Bank,
    caller: &Caller,
    filter: UserFilter,
    page: PageRequest,
) -> Result<Page<(User, Vec<Role>)>, IdentityError> {
    caller.require(Permission::ReadUsers)?;
    let look = Event::new("user.list", Subject { kind: "user", id: "list".to_owned() });
    audit::record_read(bank, caller, look).await?;
    let mut filter = filter;
    filter.ids.extend(filter.text.as_deref().and_then(|text| text.parse::<UserId>().ok()));
    let page = users::list(bank.db.read(), filter, page).await?;
    let held = users::roles_of(bank.db.read(), page.items.iter().map(|user| user.id)).await?;
    Ok(page.map(|user| {
        let roles = held.iter().filter(|(id, _)| *id == user.id).map(|(_, role)| *role).collect();
        (user, roles)
    }))
}

/// Shows one user. The look is written down.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::NotFound`].
pub async fn find(bank: &Bank, caller: &Caller, id: UserId) -> Result<UserDetail, IdentityError> {
    caller.require(Permission::ReadUsers)?;
    let db = bank.db.read();
    let user = users::find(db, id).await?.ok_or(IdentityError::NotFound)?;
    let (now, idle) = (bank.now(), session::idle_limit(bank, user.kind));
    let mut sessions = sessions::open(db, id).await?;
    sessions.retain(|session| session.overdue(now, idle).is_none());
    let (roles, notes) = (users::roles(db, id).await?, users::notes(db, id).await?);
    let keys = credentials::keys(db, id).await?;
    let detail = UserDetail { user, roles, sessions, notes, keys };
    audit::record_read(bank, caller, Event::new("user.read", Subject::new("user", id))).await?;
    Ok(detail)
}

/// Counts customers by status.
///
/// # Errors
/// [`IdentityError::Forbidden`].
pub async fn count_customers(bank: &Bank, caller: &Caller) -> Result<Vec<(UserStatus, i64)>, IdentityError> {
    caller.require(Permission::ReadUsers)?;
    Ok(users::count_customers(bank.db.read()).await?)
}

/// Lists the invitations that nobody has taken up and whose time is not over, newest first.
///
/// # Errors
/// [`IdentityError::Forbidden`].
pub async fn list_invitations(bank: &Bank, caller: &Caller) -> Result<Vec<Invitation>, IdentityError> {
    caller.require(Permission::InviteUsers)?;
    Ok(credentials::open_invitations(bank.db.read(), bank.now()).await?)
}

/// Invites a member of staff in the caller's transaction; the token goes by mail.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::RolesUnfit`], [`IdentityError::EmailTaken`].
pub async fn invite(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    invite: Invite,
) -> Result<Invitation, IdentityError> {
    caller.require(Permission::InviteUsers)?;
    if kind_of(&invite.roles)? != UserKind::Staff {
        return Err(IdentityError::RolesUnfit);
    }
    let invited_by = caller.user_id.ok_or(IdentityError::SessionOver)?;
    let now = bank.now();
    let invitation = Invitation {
        id: InvitationId::generate(now, &bank.random),
        email_key: invite.email.key(),
        email: invite.email.as_str().to_owned(),
        roles: role_text(&invite.roles),
        invited_by,
        hash: None,
        created_at: now,
        expires_at: now + INVITATION_LIFE,
        accepted_at: None,
    };
    if users::find_by_email(tx, &invitation.email_key).await?.is_some() {
        return Err(IdentityError::EmailTaken);
    }
    credentials::insert_invitation(tx, invitation.clone()).await?;
    mailing::ask(bank, tx, Order::Invitation { invitation_id: invitation.id }).await?;
    let event = Event::new("user.invite", Subject::new("invitation", invitation.id)).because(invite.reason);
    let event = event.change(Value::Null, json!({ "roles": invite.roles }));
    audit::record(bank, tx, caller, event).await?;
    Ok(invitation)
}

/// Stops a user: nothing works any more, at once.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::Oneself`], [`IdentityError::NotFound`],
/// [`IdentityError::WrongStatus`] for one who is suspended already.
pub async fn suspend(bank: &Bank, caller: &Caller, id: UserId, reason: Reason) -> Result<(), IdentityError> {
    caller.require(Permission::SuspendUsers)?;
    let tx = bank.db.begin().await?;
    let user = load_other(&tx, caller, id).await?;
    if user.status == UserStatus::Suspended {
        return Err(IdentityError::WrongStatus(user.status));
    }
    session::end_open(bank, &tx, id, None, EndReason::Suspended).await?;
    set_status(bank, &tx, caller, user, (UserStatus::Suspended, "user.suspend", reason)).await?;
    finish(bank, tx).await
}

/// Lets a suspended user sign in again.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::Oneself`], [`IdentityError::NotFound`],
/// [`IdentityError::WrongStatus`] for one who is not suspended.
pub async fn reinstate(
    bank: &Bank,
    caller: &Caller,
    id: UserId,
    reason: Reason,
) -> Result<(), IdentityError> {
    caller.require(Permission::SuspendUsers)?;
    let tx = bank.db.begin().await?;
    let user = load_other(&tx, caller, id).await?;
    if user.status != UserStatus::Suspended {
        return Err(IdentityError::WrongStatus(user.status));
    }
    let verified = user.verified_at.is_some();
    let status = if verified { UserStatus::Active } else { UserStatus::PendingVerification };
    set_status(bank, &tx, caller, user, (status, "user.reinstate", reason)).await?;
    finish(bank, tx).await
}

async fn set_status(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    user: User,
    (status, action, reason): (UserStatus, &'static str, Reason),
) -> Result<(), IdentityError> {
    let event = Event::new(action, Subject::new("user", user.id)).because(reason);
    let event = event.change(json!({ "status": user.status }), json!({ "status": status }));
    let stamp = user.stamp + 1;
    users::update(tx, User { status, stamp, updated_at: bank.now(), ..user }).await?;
    audit::record(bank, tx, caller, event).await?;
    Ok(())
}

/// Gives a member of staff other roles; they count from the next request on.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::Oneself`], [`IdentityError::NotFound`],
/// [`IdentityError::RolesUnfit`] when they would move somebody across the counter, or leave no administrator.
pub async fn assign_roles(
    bank: &Bank,
    caller: &Caller,
    id: UserId,
    (roles, reason): (Vec<Role>, Reason),
) -> Result<(), IdentityError> {
    caller.require(Permission::AssignRoles)?;
    let tx = bank.db.begin().await?;
    let user = load_other(&tx, caller, id).await?;
    if user.kind != UserKind::Staff || kind_of(&roles)? != UserKind::Staff {
        return Err(IdentityError::RolesUnfit);
    }
    let before = users::roles(&tx, id).await?;
    users::replace_roles(&tx, id, &roles).await?;
    if users::holders(&tx, Role::Admin).await?.is_empty() {
        return Err(IdentityError::RolesUnfit);
    }
    users::update(&tx, User { stamp: user.stamp + 1, updated_at: bank.now(), ..user }).await?;
    let event = Event::new("user.assign_roles", Subject::new("user", id)).because(reason);
    let event = event.change(json!({ "roles": before }), json!({ "roles": roles }));
    audit::record(bank, &tx, caller, event).await?;
    finish(bank, tx).await
}

/// Ends all sessions of a user.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::NotFound`].
pub async fn end_sessions_of(
    bank: &Bank,
    caller: &Caller,
    id: UserId,
    reason: Reason,
) -> Result<(), IdentityError> {
    caller.require(Permission::EndSessions)?;
    let tx = bank.db.begin().await?;
    users::load_for_update(&tx, id).await?.ok_or(IdentityError::NotFound)?;
    let ended = session::end_open(bank, &tx, id, None, EndReason::EndedByStaff).await?;
    let event = Event::new("user.end_sessions", Subject::new("user", id)).because(reason);
    audit::record(bank, &tx, caller, event.change(Value::Null, json!({ "ended": ended }))).await?;
    finish(bank, tx).await
}

/// Takes a user's second factor away, so that a new one can be enrolled, and ends all sessions.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::Oneself`], [`IdentityError::NotFound`],
/// [`IdentityError::NoSecondFactor`].
pub async fn reset_second_factor(
    bank: &Bank,
    caller: &Caller,
    id: UserId,
    reason: Reason,
) -> Result<(), IdentityError> {
    caller.require(Permission::ResetSecondFactor)?;
    let tx = bank.db.begin().await?;
    let user = load_other(&tx, caller, id).await?;
    if !user.has_second_factor() {
        return Err(IdentityError::NoSecondFactor);
    }
    users::update(&tx, second_factor::without_second_factor(bank, user)).await?;
    credentials::replace_recovery_codes(&tx, id, Vec::new()).await?;
    session::end_open(bank, &tx, id, None, EndReason::EndedByStaff).await?;
    let order = Order::User { template: mailing::Template::CredentialsChanged, user_id: id };
    mailing::ask(bank, &tx, order).await?;
    let event = Event::new("user.reset_second_factor", Subject::new("user", id)).because(reason);
    audit::record(bank, &tx, caller, event).await?;
    finish(bank, tx).await
}

/// Writes a note on a user.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::NotFound`].
pub async fn write_note(
    bank: &Bank,
    caller: &Caller,
    id: UserId,
    body: String,
) -> Result<Note, IdentityError> {
    caller.require(Permission::WriteNotes)?;
    let author_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    let now = bank.now();
    let tx = bank.db.begin().await?;
    users::find(&tx, id).await?.ok_or(IdentityError::NotFound)?;
    let note =
        Note { id: NoteId::generate(now, &bank.random), user_id: id, author_id, body, created_at: now };
    users::insert_note(&tx, note.clone()).await?;
    let event = Event::new("user.write_note", Subject::new("user", id));
    audit::record(bank, &tx, caller, event.change(Value::Null, json!({ "note_id": note.id }))).await?;
    tx.commit().await?;
    Ok(note)
}

/// Locks the row of somebody else: nobody does these things to themselves.
async fn load_other(tx: &Tx, caller: &Caller, id: UserId) -> Result<User, IdentityError> {
    if caller.user_id == Some(id) {
        return Err(IdentityError::Oneself);
    }
    users::load_for_update(tx, id).await?.ok_or(IdentityError::NotFound)
}

/// Commits what revokes something, and lets every node forget whom it has checked.
async fn finish(bank: &Bank, tx: Tx) -> Result<(), IdentityError> {
    epoch_row::raise(&tx).await?;
    tx.commit().await?;
    epoch::forget(bank);
    Ok(())
}
