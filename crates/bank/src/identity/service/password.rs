//! Passwords: changed by who knows the old one, reset by who reads the mail.

use database::Tx;
use kernel::{Secret, SessionId};

use super::confirm::confirm;
use super::mailing::{self, Order, Template};
use super::session::{self, sha256};
use super::{attempt, epoch};
use crate::audit::{self, Event, Subject};
use crate::identity::model::{
    Email, EndReason, IdentityError, MailToken, PasswordFlaw, Purpose, ThrottleScope, User, UserStatus,
    Visitor, judge_password,
};
use crate::identity::store::{credentials, epoch as epoch_row, users};
use crate::{Bank, Caller, Permission};

/// How many earlier passwords are refused beside the current one: five in all.
const EARLIER: u64 = 4;

/// Changes the caller's password and ends all other sessions.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::Locked`], [`IdentityError::ConfirmationFailed`] for a wrong
/// current password, [`IdentityError::Password`], [`IdentityError::Overloaded`].
pub async fn change(
    bank: &Bank,
    caller: &Caller,
    current: &Secret<String>,
    new: &Secret<String>,
) -> Result<(), IdentityError> {
    caller.require(Permission::ManageProfile)?;
    let user = confirm(bank, caller, current).await?;
    let hash = judged_hash(bank, &user, new).await?;
    let tx = bank.db.begin().await?;
    replace(bank, &tx, user, hash, caller.session_id).await?.ok_or(IdentityError::ConfirmationFailed)?;
    let user_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    audit::record(bank, &tx, caller, Event::new("user.change_password", Subject::new("user", user_id)))
        .await?;
    epoch_row::raise(&tx).await?;
    tx.commit().await?;
    epoch::forget(bank);
    Ok(())
}

/// Mails a token that sets a new password, if the address belongs to an active user. The answer is the same
/// for every address.
///
/// # Errors
/// [`IdentityError::Storage`].
pub async fn forgot(bank: &Bank, email: &Email) -> Result<(), IdentityError> {
    let tx = bank.db.begin().await?;
    // The mail is counted for every address, so that a known one takes no other path until the end.
    let counted = attempt::throttle(bank, &tx, ThrottleScope::Mail, &email.key()).await;
    let user = users::find_by_email(&tx, &email.key()).await?;
    let user = user.filter(|user| user.status == UserStatus::Active);
    match (counted, user) {
        (Ok(()), Some(user)) => {
            let order = Order::User { template: Template::ResetPassword, user_id: user.id };
            mailing::ask(bank, &tx, order).await?;
        }
        (Ok(()) | Err(IdentityError::Locked { .. }), _) => {}
        (Err(error), _) => return Err(error),
    }
    Ok(tx.commit().await?)
}

/// Sets a new password by a mailed token, which works once, and ends all sessions. It signs nobody in: where
/// a second factor is enrolled it is asked for as before.
///
/// # Errors
/// [`IdentityError::TokenUnfit`], [`IdentityError::Password`], [`IdentityError::Overloaded`].
pub async fn reset(
    bank: &Bank,
    visitor: &Visitor,
    token: &Secret<String>,
    new: &Secret<String>,
) -> Result<(), IdentityError> {
    let row = credentials::find_mail_token(bank.db.latest(), &sha256(token.expose())).await?;
    let row = row.filter(|row| is_open(bank, row)).ok_or(IdentityError::TokenUnfit)?;
    let user = users::find(bank.db.latest(), row.user_id).await?.ok_or(IdentityError::TokenUnfit)?;
    let hash = judged_hash(bank, &user, new).await?;
    let user_id = user.id;
    let tx = bank.db.begin().await?;
    let replaced = replace(bank, &tx, user, hash, None).await?;
    let used = credentials::use_mail_tokens(&tx, user_id, Purpose::ResetPassword, bank.now()).await?;
    if replaced.is_none() || used == 0 {
        return Err(IdentityError::TokenUnfit);
    }
    let event = Event::new("user.reset_password", Subject::new("user", user_id));
    audit::record(bank, &tx, &visitor.as_caller(), event).await?;
    epoch_row::raise(&tx).await?;
    tx.commit().await?;
    epoch::forget(bank);
    Ok(())
}

fn is_open(bank: &Bank, row: &MailToken) -> bool {
    row.purpose == Purpose::ResetPassword && row.used_at.is_none() && row.expires_at > bank.now()
}

/// Judges a new password, also against the last five, and hashes it.
async fn judged_hash(bank: &Bank, user: &User, new: &Secret<String>) -> Result<String, IdentityError> {
    let mut words = user.own_words();
    words.push(&bank.settings.bank_name);
    judge_password(new, &words, user.has_second_factor())?;
    let mut used = users::old_passwords(bank.db.latest(), user.id, EARLIER).await?;
    used.push(user.password_hash.clone());
    for hash in &used {
        if bank.guard.passwords().verify(new, Some(hash)).await? {
            return Err(PasswordFlaw::UsedBefore.into());
        }
    }
    Ok(bank.guard.passwords().hash(new).await?)
}

/// Puts the new hash in the place of the judged one; `None` when the password changed meanwhile or the user
/// may no longer sign in.
async fn replace(
    bank: &Bank,
    tx: &Tx,
    judged: User,
    hash: String,
    but: Option<SessionId>,
) -> Result<Option<()>, IdentityError> {
    let now = bank.now();
    let user = users::load_for_update(tx, judged.id).await?;
    let stands =
        |user: &User| user.password_hash == judged.password_hash && user.status == UserStatus::Active;
    let Some(user) = user.filter(stands) else {
        return Ok(None);
    };
    let (user_id, old_hash) = (user.id, user.password_hash.clone());
    users::insert_old_password(tx, user_id, now, old_hash).await?;
    let stamp = user.stamp + 1;
    let changed = User { password_hash: hash, password_changed_at: now, updated_at: now, stamp, ..user };
    users::update(tx, changed).await?;
    session::end_open(bank, tx, user_id, but, EndReason::CredentialsChanged).await?;
    mailing::ask(bank, tx, Order::User { template: Template::CredentialsChanged, user_id }).await?;
    Ok(Some(()))
}
