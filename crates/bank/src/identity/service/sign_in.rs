//! Signing in: address and password, then the second factor where one is enrolled.

use chrono::Duration;
use kernel::Secret;

use super::attempt::Attempt;
use super::mailing::{self, Template};
use super::session::{self, SignedIn};
use super::{epoch, second_factor};
use crate::Bank;
use crate::guard::{Audience, Life};
use crate::identity::model::{Delivery, Email, IdentityError, User, UserKind, UserStatus, Visitor};
use crate::identity::store::users;

/// How long the second step may take.
const SECOND_STEP: Duration = Duration::minutes(5);

/// Holds the proofs of the first step.
#[derive(Debug)]
pub struct FirstStep {
    /// Whose.
    pub email: Email,
    /// What the person knows.
    pub password: Secret<String>,
    /// How the tokens shall travel.
    pub delivery: Delivery,
    /// Whom this door is for; everybody when absent.
    pub only: Option<UserKind>,
}

/// Holds the proofs of the second step.
#[derive(Debug)]
pub struct SecondStep {
    /// What the first step gave.
    pub token: Secret<String>,
    /// The authenticator's code, or a recovery code.
    pub code: Secret<String>,
    /// How the tokens shall travel.
    pub delivery: Delivery,
    /// Whom this door is for; everybody when absent.
    pub only: Option<UserKind>,
}

/// Says how far a sign-in came.
#[derive(Debug)]
pub enum SignIn {
    /// All the way.
    Done(Box<SignedIn>),
    /// A second factor is enrolled: this token goes on.
    SecondStep(Secret<String>),
}

/// Judges address and password.
///
/// # Errors
/// [`IdentityError::Locked`], [`IdentityError::Overloaded`], [`IdentityError::SignInFailed`] whatever was
/// wrong, [`IdentityError::EmailUnverified`] when the password is right.
pub async fn sign_in(bank: &Bank, visitor: &Visitor, step: FirstStep) -> Result<SignIn, IdentityError> {
    let (caller, email_key) = (visitor.as_caller(), step.email.key());
    let attempt = Attempt::new(bank, &caller, &email_key);
    attempt.admit().await?;
    let known = users::find_by_email(bank.db.latest(), &email_key).await?;
    let hash = known.as_ref().map(|user| user.password_hash.as_str());
    // One hash is computed whether the user exists or not, so that the time tells nothing.
    let right = bank.guard.passwords().verify(&step.password, hash).await?;
    let known_id = known.as_ref().map(|user| user.id);
    let may_enter =
        |user: &User| user.status != UserStatus::Suspended && step.only.is_none_or(|kind| kind == user.kind);
    let Some(user) = known.filter(|user| right && may_enter(user)) else {
        return Err(attempt.fail(known_id, IdentityError::SignInFailed).await);
    };
    let renewed = renewed(bank, &user, &step.password).await?;
    let tx = bank.db.begin().await?;
    attempt.readmit(&tx).await?;
    let judged = user.password_hash;
    let user = users::load_for_update(&tx, user.id).await?.filter(|user| user.password_hash == judged);
    let mut user = user.ok_or(IdentityError::SignInFailed)?;
    match user.status {
        UserStatus::Suspended => return Err(IdentityError::SignInFailed),
        UserStatus::PendingVerification => {
            mailing::ask_bounded(bank, &tx, Template::VerifyEmail, &user).await?;
            tx.commit().await?;
            return Err(IdentityError::EmailUnverified);
        }
        UserStatus::Active => {}
    }
    if let Some(password_hash) = renewed {
        user.password_hash = password_hash;
        users::update(&tx, user.clone()).await?;
    }
    if user.has_second_factor() {
        tx.commit().await?;
        // The failures stand until the second step is done as well.
        return Ok(SignIn::SecondStep(second_step_token(bank, &user)));
    }
    attempt.succeed(&tx).await?;
    let signed_in = session::open(bank, &tx, &user, visitor, step.delivery).await?;
    tx.commit().await?;
    forget_ended(bank, &signed_in);
    Ok(SignIn::Done(Box::new(signed_in)))
}

/// Hashes a right password again when the operator has changed what a hash costs.
async fn renewed(
    bank: &Bank,
    user: &User,
    password: &Secret<String>,
) -> Result<Option<String>, IdentityError> {
    let passwords = bank.guard.passwords();
    if !passwords.is_outdated(&user.password_hash) {
        return Ok(None);
    }
    Ok(Some(passwords.hash(password).await?))
}

/// Judges the second factor; each code works once.
///
/// # Errors
/// [`IdentityError::Locked`], [`IdentityError::SignInFailed`] whatever was wrong.
pub async fn second_step(
    bank: &Bank,
    visitor: &Visitor,
    step: SecondStep,
) -> Result<SignedIn, IdentityError> {
    let claims = bank.guard.tokens().verify(Audience::SecondStep, step.token.expose(), bank.now());
    let claims = claims.ok_or(IdentityError::SignInFailed)?;
    let user = users::find(bank.db.latest(), claims.sub).await?.ok_or(IdentityError::SignInFailed)?;
    let caller = visitor.as_caller();
    let attempt = Attempt::new(bank, &caller, &user.email_key);
    attempt.admit().await?;
    let tx = bank.db.begin().await?;
    attempt.readmit(&tx).await?;
    let user = users::load_for_update(&tx, claims.sub).await?.ok_or(IdentityError::SignInFailed)?;
    let stands = claims.stamp == Some(user.stamp)
        && user.status == UserStatus::Active
        && user.has_second_factor()
        && step.only.is_none_or(|kind| kind == user.kind);
    if !stands || !second_factor::take_code(bank, &tx, &user, &step.code).await? {
        tx.rollback().await?;
        return Err(attempt.fail(Some(user.id), IdentityError::SignInFailed).await);
    }
    attempt.succeed(&tx).await?;
    let signed_in = session::open(bank, &tx, &user, visitor, step.delivery).await?;
    tx.commit().await?;
    forget_ended(bank, &signed_in);
    Ok(signed_in)
}

fn forget_ended(bank: &Bank, signed_in: &SignedIn) {
    if signed_in.ended_others {
        epoch::forget(bank);
    }
}

fn second_step_token(bank: &Bank, user: &User) -> Secret<String> {
    let life = Life { from: bank.now(), span: SECOND_STEP, random: &bank.random };
    bank.guard.tokens().second_step(user.id, user.stamp, life)
}
