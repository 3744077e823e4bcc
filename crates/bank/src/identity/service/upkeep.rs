//! Clearing away what has had its time.

use chrono::Duration;
use sea_orm::DbErr;

use crate::Bank;
use crate::identity::store::{credentials, sessions, throttles};

/// Ends sessions whose time is up and forgets tokens and counts that mean nothing any more.
///
/// # Errors
/// `DbErr`; the next run goes on.
pub async fn sweep(bank: &Bank) -> Result<(), DbErr> {
    let now = bank.now();
    let tx = bank.db.begin().await?;
    sessions::end_expired(&tx, now).await?;
    sessions::delete_old_tokens(&tx, now - Duration::days(1)).await?;
    credentials::delete_mail_tokens(&tx, now - Duration::days(30)).await?;
    throttles::delete_older(&tx, now - Duration::days(2)).await?;
    tx.commit().await
}
