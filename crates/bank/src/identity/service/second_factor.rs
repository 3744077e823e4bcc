//! The second factor: time-based codes (RFC 6238) and the recovery codes that stand in for them.

use database::Tx;
use kernel::{Instant, Secret, UserId};
use totp_rs::{Builder, Totp};

use super::confirm::confirm;
use super::mailing::{self, Order, Template};
use super::session::{self, sha256};
use super::{attempt::Attempt, epoch};
use crate::audit::{self, Event, Subject};
use crate::identity::model::{EndReason, IdentityError, User};
use crate::identity::store::{credentials, epoch as epoch_row, users};
use crate::sealing::Place;
use crate::{Bank, Caller, Permission};

const STEP_SECONDS: i64 = 30;
/// One step before and after the current one counts, for clocks that differ.
const SKEW_STEPS: i64 = 1;
const RECOVERY_CODES: usize = 10;
/// Crockford's base 32, without letters that look alike.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Holds a second factor that waits to be confirmed.
#[derive(Debug)]
pub struct Enrolment {
    /// The seed in base 32, to be typed.
    pub secret: Secret<String>,
    /// The seed as an `otpauth:` address, to be scanned.
    pub url: Secret<String>,
}

/// Writes a seed as it is typed into an authenticator: in base 32 (RFC 4648 §6), without padding.
pub fn typed(seed: &Secret<Vec<u8>>) -> Secret<String> {
    Secret::new(totp_rs::Secret::from(seed.expose().as_slice()).to_base32())
}

/// Returns what an authenticator with this seed shows at an instant (RFC 6238: six digits, for 30 seconds).
pub fn shown_at(seed: &Secret<Vec<u8>>, at: Instant) -> Secret<String> {
    let totp = Builder::new().with_secret(seed.expose().clone()).build_noncompliant();
    Secret::new(totp.generate(at.timestamp().unsigned_abs()).to_string())
}

/// Begins to enrol a second factor; it counts once a code has confirmed it.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::Locked`], [`IdentityError::ConfirmationFailed`] for a wrong
/// password, [`IdentityError::SecondFactorEnrolled`].
pub async fn enrol(
    bank: &Bank,
    caller: &Caller,
    password: &Secret<String>,
) -> Result<Enrolment, IdentityError> {
    caller.require(Permission::ManageProfile)?;
    let user = confirm(bank, caller, password).await?;
    if user.has_second_factor() {
        return Err(IdentityError::SecondFactorEnrolled);
    }
    let seed = Secret::new(bank.random.bytes::<20>().to_vec());
    let tx = bank.db.begin().await?;
    let user = users::load_for_update(&tx, user.id).await?.ok_or(IdentityError::NotFound)?;
    if user.has_second_factor() {
        return Err(IdentityError::SecondFactorEnrolled);
    }
    let sealed = bank.keys.seal(&bank.random, place(user.id), seed.expose());
    let totp = totp(bank, &user, &seed);
    let enrolment = Enrolment { secret: typed(&seed), url: Secret::new(totp.to_url().unwrap_or_default()) };
    let updated_at = bank.now();
    users::update(&tx, User { totp_seed: Some(sealed), totp_last_step: None, updated_at, ..user }).await?;
    tx.commit().await?;
    Ok(enrolment)
}

/// Confirms the second factor by a code, ends the user's other sessions and returns the recovery codes.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::SecondFactorEnrolled`], [`IdentityError::NoSecondFactor`],
/// [`IdentityError::ConfirmationFailed`].
pub async fn confirm_enrolment(
    bank: &Bank,
    caller: &Caller,
    code: &Secret<String>,
) -> Result<Vec<Secret<String>>, IdentityError> {
    caller.require(Permission::ManageProfile)?;
    let user_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    let now = bank.now();
    let tx = bank.db.begin().await?;
    let mut user = users::load_for_update(&tx, user_id).await?.ok_or(IdentityError::NotFound)?;
    if user.has_second_factor() {
        return Err(IdentityError::SecondFactorEnrolled);
    }
    let seed = seed(bank, &user)?.ok_or(IdentityError::NoSecondFactor)?;
    let step = matching_step(&totp(bank, &user, &seed), code, now);
    user.totp_last_step = Some(step.ok_or(IdentityError::ConfirmationFailed)?);
    user.totp_confirmed_at = Some(now);
    user.updated_at = now;
    user.stamp += 1;
    users::update(&tx, user).await?;
    let codes = fresh_recovery_codes(bank, &tx, user_id).await?;
    session::end_open(bank, &tx, user_id, caller.session_id, EndReason::CredentialsChanged).await?;
    changed(bank, &tx, caller, user_id, "user.enroll_second_factor").await?;
    tx.commit().await?;
    epoch::forget(bank);
    Ok(codes)
}

/// Takes the second factor away, by password and a code, and ends the user's other sessions.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::Locked`], [`IdentityError::NoSecondFactor`],
/// [`IdentityError::ConfirmationFailed`] for a wrong password or code, without saying which.
pub async fn remove(
    bank: &Bank,
    caller: &Caller,
    password: &Secret<String>,
    code: &Secret<String>,
) -> Result<(), IdentityError> {
    caller.require(Permission::ManageProfile)?;
    let user = confirm(bank, caller, password).await?;
    let attempt = Attempt::new(bank, caller, &user.email_key);
    let tx = bank.db.begin().await?;
    let user = users::load_for_update(&tx, user.id).await?.ok_or(IdentityError::NotFound)?;
    if !user.has_second_factor() {
        return Err(IdentityError::NoSecondFactor);
    }
    if !take_code(bank, &tx, &user, code).await? {
        tx.rollback().await?;
        return Err(attempt.fail(Some(user.id), IdentityError::ConfirmationFailed).await);
    }
    let user_id = user.id;
    users::update(&tx, without_second_factor(bank, user)).await?;
    credentials::replace_recovery_codes(&tx, user_id, Vec::new()).await?;
    session::end_open(bank, &tx, user_id, caller.session_id, EndReason::CredentialsChanged).await?;
    changed(bank, &tx, caller, user_id, "user.remove_second_factor").await?;
    tx.commit().await?;
    epoch::forget(bank);
    Ok(())
}

/// Gives fresh recovery codes, in place of all earlier ones.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::Locked`], [`IdentityError::ConfirmationFailed`],
/// [`IdentityError::NoSecondFactor`].
pub async fn renew_recovery_codes(
    bank: &Bank,
    caller: &Caller,
    password: &Secret<String>,
) -> Result<Vec<Secret<String>>, IdentityError> {
    caller.require(Permission::ManageProfile)?;
    let user = confirm(bank, caller, password).await?;
    if !user.has_second_factor() {
        return Err(IdentityError::NoSecondFactor);
    }
    let tx = bank.db.begin().await?;
    users::load_for_update(&tx, user.id).await?;
    let codes = fresh_recovery_codes(bank, &tx, user.id).await?;
    let event = Event::new("user.renew_recovery_codes", Subject::new("user", user.id));
    audit::record(bank, &tx, caller, event).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Returns the user as before any enrolment.
pub(super) fn without_second_factor(bank: &Bank, user: User) -> User {
    User {
        totp_seed: None,
        totp_confirmed_at: None,
        totp_last_step: None,
        stamp: user.stamp + 1,
        updated_at: bank.now(),
        ..user
    }
}

/// Uses a code of the authenticator or a recovery code up, for a user whose row is locked; each works once.
pub(super) async fn take_code(
    bank: &Bank,
    tx: &Tx,
    user: &User,
    code: &Secret<String>,
) -> Result<bool, IdentityError> {
    let now = bank.now();
    if code.expose().len() > 10 {
        let hash = sha256(&plain_recovery_code(code.expose()));
        return Ok(credentials::use_recovery_code(tx, user.id, &hash, now).await?);
    }
    let Some(seed) = seed(bank, user)? else {
        return Ok(false);
    };
    let step = matching_step(&totp(bank, user, &seed), code, now);
    let fresh = step.filter(|step| user.totp_last_step.is_none_or(|last| *step > last));
    if let Some(step) = fresh {
        users::update(tx, User { totp_last_step: Some(step), ..user.clone() }).await?;
    }
    Ok(fresh.is_some())
}

async fn changed(
    bank: &Bank,
    tx: &Tx,
    caller: &Caller,
    user_id: UserId,
    action: &'static str,
) -> Result<(), IdentityError> {
    mailing::ask(bank, tx, Order::User { template: Template::CredentialsChanged, user_id }).await?;
    audit::record(bank, tx, caller, Event::new(action, Subject::new("user", user_id))).await?;
    Ok(epoch_row::raise(tx).await?)
}

async fn fresh_recovery_codes(
    bank: &Bank,
    tx: &Tx,
    user_id: UserId,
) -> Result<Vec<Secret<String>>, IdentityError> {
    let codes: Vec<_> = (0..RECOVERY_CODES).map(|_| recovery_code(&bank.random.bytes())).collect();
    let hashes = codes.iter().map(|code| sha256(&plain_recovery_code(code.expose()))).collect();
    credentials::replace_recovery_codes(tx, user_id, hashes).await?;
    Ok(codes)
}

/// Spells 120 random bits as six groups of four.
fn recovery_code(bytes: &[u8; 24]) -> Secret<String> {
    let letters: Vec<u8> = bytes.iter().map(|byte| ALPHABET[usize::from(byte & 31)]).collect();
    let groups: Vec<_> = letters.chunks(4).map(String::from_utf8_lossy).collect();
    Secret::new(groups.join("-"))
}

fn plain_recovery_code(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

fn seed(bank: &Bank, user: &User) -> Result<Option<Secret<Vec<u8>>>, IdentityError> {
    let opened = user.totp_seed.as_deref().map(|sealed| bank.keys.open(place(user.id), sealed)).transpose();
    // A seed that does not open is our fault, not the user's: say so rather than refuse the code.
    opened.map_err(|error| IdentityError::Storage(sea_orm::DbErr::Custom(error.to_string())))
}

fn totp(bank: &Bank, user: &User, seed: &Secret<Vec<u8>>) -> Totp {
    let plain = |text: &str| text.replace(':', " ");
    Builder::new()
        .with_secret(seed.expose().clone())
        .with_account_name(plain(&user.email))
        .with_issuer(Some(plain(&bank.settings.bank_name)))
        .build_noncompliant()
}

/// Finds the time step whose code this is, comparing in constant time.
fn matching_step(totp: &Totp, code: &Secret<String>, now: Instant) -> Option<i64> {
    let current = now.timestamp() / STEP_SECONDS;
    let shown = Secret::new(code.expose().trim().to_owned());
    let steps = current - SKEW_STEPS..=current + SKEW_STEPS;
    steps.into_iter().find(|step| {
        let seconds = u64::try_from(step * STEP_SECONDS).unwrap_or(0);
        Secret::new(totp.generate(seconds).to_string()) == shown
    })
}

fn place(user_id: UserId) -> Place {
    Place { table: "users", row: user_id.uuid(), column: "totp_seed" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_hold_120_bits_and_are_read_in_any_spelling() {
        let code = recovery_code(&[31; 24]);
        assert_eq!(code.expose(), "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ");
        assert_eq!(plain_recovery_code("zzzz zzzz-ZZZZ"), "ZZZZZZZZZZZZ");
    }
}
