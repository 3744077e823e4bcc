//! Proving oneself again before a change that matters.

use kernel::Secret;

use super::attempt::Attempt;
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
    let user_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    let user = users::find(bank.db.latest(), user_id).await?.ok_or(IdentityError::SessionOver)?;
    let attempt = Attempt::new(bank, caller, &user.email_key);
    attempt.admit().await?;
    if bank.guard.passwords().verify(password, Some(&user.password_hash)).await? {
        return Ok(user);
    }
    Err(attempt.fail(Some(user_id), IdentityError::ConfirmationFailed).await)
}
