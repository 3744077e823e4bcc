//! Asking for a level, and setting it.

use std::collections::HashMap;

use kernel::UserId;
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::model::kyc_level;
use super::{KycError, KycLevel, SetLevel, store};
use crate::audit::{self, Event, Subject};
use crate::{Bank, Caller, Permission, identity};

/// Returns how well a customer is known.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn level_of(conn: &impl ConnectionTrait, user: UserId) -> Result<KycLevel, DbErr> {
    let rows = store::levels(conn, &[user]).await?;
    Ok(rows.first().map_or(KycLevel::NONE, |(_, level)| *level))
}

/// Insists that a customer has at least the level `need`.
///
/// # Errors
/// [`KycError::LevelTooLow`], then [`KycError::Storage`].
pub async fn require(conn: &impl ConnectionTrait, user: UserId, need: KycLevel) -> Result<(), KycError> {
    require_all(conn, &[user], need).await
}

/// Insists that each of `users` has at least the level `need`; the refusal carries the lowest.
///
/// # Errors
/// [`KycError::LevelTooLow`], then [`KycError::Storage`].
pub async fn require_all(
    conn: &impl ConnectionTrait,
    users: &[UserId],
    need: KycLevel,
) -> Result<(), KycError> {
    if need == KycLevel::NONE || users.is_empty() {
        return Ok(());
    }
    let known = store::levels(conn, users).await?;
    let level = |user: &UserId| known.iter().find(|(id, _)| id == user).map_or(KycLevel::NONE, |row| row.1);
    let have = users.iter().map(level).min().unwrap_or(KycLevel::NONE);
    if have < need { Err(KycError::LevelTooLow { have, need }) } else { Ok(()) }
}

/// Returns how well each of several customers is known; who is not listed is not known at all.
///
/// # Errors
/// `DbErr` when the database fails.
pub async fn levels(
    conn: &impl ConnectionTrait,
    users: &[UserId],
) -> Result<HashMap<UserId, KycLevel>, DbErr> {
    Ok(store::levels(conn, users).await?.into_iter().collect())
}

/// Shows how well a customer is known.
///
/// # Errors
/// [`KycError::Forbidden`], [`KycError::NotFound`], then [`KycError::Storage`].
pub async fn find_level(bank: &Bank, caller: &Caller, user: UserId) -> Result<KycLevel, KycError> {
    caller.require(Permission::ReadUsers)?;
    let db = bank.db.read();
    if !identity::directory::is_customer(db, user).await? {
        return Err(KycError::NotFound);
    }
    audit::record_read(bank, caller, Event::new("user.read_kyc_level", Subject::new("user", user))).await?;
    Ok(level_of(db, user).await?)
}

/// Sets a customer's level, and returns the one before.
///
/// # Errors
/// [`KycError::Forbidden`], [`KycError::OwnLevel`], [`KycError::NotFound`], then [`KycError::Storage`].
pub async fn set_level(bank: &Bank, caller: &Caller, command: SetLevel) -> Result<KycLevel, KycError> {
    caller.require(Permission::SetKycLevel)?;
    let SetLevel { user, level, reason } = command;
    if caller.user_id == Some(user) {
        return Err(KycError::OwnLevel);
    }
    let tx = bank.db.begin().await?;
    if !identity::directory::is_customer(&tx, user).await? {
        return Err(KycError::NotFound);
    }
    let before = store::load_for_update(&tx, user).await?.unwrap_or_default();
    store::save(&tx, kyc_level::Model { user_id: user, level, set_at: bank.now() }).await?;
    let event = Event::new("user.set_kyc_level", Subject::new("user", user))
        .because(reason)
        .change(json!({ "level": before }), json!({ "level": level }));
    audit::record(bank, &tx, caller, event).await?;
    if level < before {
        identity::service::lower_standing(bank, &tx).await?;
    }
    tx.commit().await?;
    Ok(before)
}
