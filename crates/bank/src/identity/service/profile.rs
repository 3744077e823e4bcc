//! One's own profile.

use kernel::{CountryCode, UserId};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::epoch::lower_standing;
use super::register::search_key;
use crate::audit::{self, Event, Subject};
use crate::identity::model::{Email, FullName, IdentityError, Locale, User};
use crate::identity::store::{credentials, users};
use crate::{Bank, Caller, Permission, Role};

/// Holds what shall change; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// First and last names.
    pub full_name: Option<FullName>,
    /// Country of residence.
    pub country: Option<CountryCode>,
    /// Preferred language.
    pub locale: Option<Locale>,
    /// Above which amount (minor units of the base currency) payments need a step-up.
    pub step_up_threshold_minor: Option<i64>,
}

/// Returns the caller's own row, roles, and how many recovery codes are left.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::SessionOver`].
pub async fn find(bank: &Bank, caller: &Caller) -> Result<(User, Vec<Role>, u64), IdentityError> {
    caller.require(Permission::ManageProfile)?;
    let user_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    let db = bank.db.latest();
    let user = users::find(db, user_id).await?.ok_or(IdentityError::SessionOver)?;
    let roles = users::roles(db, user_id).await?;
    Ok((user, roles, credentials::recovery_codes_left(db, user_id).await?))
}

/// Changes the caller's own profile.
///
/// # Errors
/// [`IdentityError::Forbidden`], [`IdentityError::SessionOver`], [`IdentityError::ThresholdTooHigh`]: a
/// customer can only be more careful than the bank.
pub async fn update(bank: &Bank, caller: &Caller, change: ProfileChange) -> Result<(), IdentityError> {
    caller.require(Permission::ManageProfile)?;
    let user_id = caller.user_id.ok_or(IdentityError::SessionOver)?;
    let most_minor = bank.settings.step_up_threshold_minor;
    if change.step_up_threshold_minor.is_some_and(|minor| !(0..=most_minor).contains(&minor)) {
        return Err(IdentityError::ThresholdTooHigh { most_minor });
    }
    let tx = bank.db.begin().await?;
    let mut user = users::load_for_update(&tx, user_id).await?.ok_or(IdentityError::SessionOver)?;
    let before = json!({ "country": user.country, "locale": user.locale,
        "step_up_threshold_minor": user.step_up_threshold_minor });
    if let Some(full_name) = change.full_name {
        if let Ok(email) = user.email.parse::<Email>() {
            user.search_key = search_key(&email, &full_name);
        }
        user.full_name = full_name.into();
    }
    user.country = change.country.map(|country| country.to_string()).or(user.country);
    user.locale = change.locale.map(|locale| locale.as_str().to_owned()).or(user.locale);
    user.step_up_threshold_minor = change.step_up_threshold_minor.or(user.step_up_threshold_minor);
    user.updated_at = bank.now();
    let after = json!({ "country": user.country, "locale": user.locale,
        "step_up_threshold_minor": user.step_up_threshold_minor });
    users::update(&tx, user).await?;
    let event = Event::new("user.update_profile", Subject::new("user", user_id)).change(before, after);
    audit::record(bank, &tx, caller, event).await?;
    if change.step_up_threshold_minor.is_some() {
        lower_standing(bank, &tx).await?;
    }
    Ok(tx.commit().await?)
}

/// Returns above which amount (minor units of the base currency) this user's payments need a step-up.
///
/// # Errors
/// `DbErr` of the read.
pub async fn step_up_threshold_minor(
    bank: &Bank,
    db: &impl ConnectionTrait,
    user_id: UserId,
) -> Result<i64, DbErr> {
    let chosen = users::find(db, user_id).await?.and_then(|user| user.step_up_threshold_minor);
    Ok(chosen.unwrap_or(bank.settings.step_up_threshold_minor))
}
