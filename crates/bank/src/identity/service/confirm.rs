//! Proving oneself again before a change that matters.

use database::Tx;
use kernel::{Secret, UserId};
use sea_orm::DbErr;

use super::attempt::Attempt;
use super::second_factor::take_code;
use crate::identity::model::{IdentityError, User};
use crate::identity::store::users;
use crate::{Bank, Caller};

/// Returns the caller's own row if the password is right; failures count like those of a sign-in.
///
/// # Errors
/// [`IdentityError::SessionOver`], [`IdentityError::Locked`], [`IdentityError::Overloaded`],
/// [`IdentityError::ConfirmationFailed`].
pub(super) async fn confirm(
    bank: &Bank,
    caller: &Caller,
    password: &Secret<String>,
) -> Result<User, IdentityError> {
    let user = own_row(bank, caller).await?;
    let attempt = Attempt::new(bank, caller, &user.email_key);
    attempt.admit().await?;
    if bank.guard.passwords().verify(password, Some(&user.password_hash)).await? {
        return Ok(user);
    }
    Err(attempt.fail(Some(user.id), IdentityError::ConfirmationFailed).await)
}

/// Lets a signed-in user try a proof, unless too many failed.
///
/// # Errors
/// [`IdentityError::SessionOver`], [`IdentityError::Locked`].
pub async fn admit(bank: &Bank, caller: &Caller) -> Result<(), IdentityError> {
    let user = own_row(bank, caller).await?;
    Attempt::new(bank, caller, &user.email_key).admit().await
}

/// Counts a wrong proof of a signed-in user like one of a sign-in.
///
/// # Errors
/// [`IdentityError::SessionOver`], [`IdentityError::Locked`].
pub async fn note_failure(bank: &Bank, caller: &Caller) -> Result<(), IdentityError> {
    let user = own_row(bank, caller).await?;
    let attempt = Attempt::new(bank, caller, &user.email_key);
    match attempt.fail(Some(user.id), IdentityError::ConfirmationFailed).await {
        IdentityError::ConfirmationFailed => Ok(()),
        error => Err(error),
    }
}

/// Says whether a second factor is enrolled and confirmed.
///
/// # Errors
/// `DbErr` of the read.
pub async fn has_second_factor(tx: &Tx, user_id: UserId) -> Result<bool, DbErr> {
    Ok(users::find(tx, user_id).await?.is_some_and(|user| user.has_second_factor()))
}

/// Uses up a code of the user's authenticator, or a recovery code, in the caller's transaction.
///
/// # Errors
/// [`IdentityError::NotFound`], [`IdentityError::Storage`].
pub async fn take_code_of(
    bank: &Bank,
    tx: &Tx,
    user_id: UserId,
    code: &Secret<String>,
) -> Result<bool, IdentityError> {
    let user = users::load_for_update(tx, user_id).await?.ok_or(IdentityError::NotFound)?;
    Ok(user.has_second_factor() && take_code(bank, tx, &user, code).await?)
}

async fn own_row(bank: &Bank, caller: &Caller) -> Result<User, IdentityError> {
    let user_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    users::find(bank.db.latest(), user_id).await?.ok_or(IdentityError::SessionOver)
}
