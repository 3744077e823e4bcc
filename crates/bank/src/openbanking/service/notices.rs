//! What a customer is told by mail about a link: that its consent ends, and that it has ended.

use chrono::Duration;
use database::Tx;
use kernel::ConnectionId;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use super::changes::replace;
use super::unless_changed;
use crate::Bank;
use crate::identity::service::{MailingError, mail_user};
use crate::jobs::{self, NewJob};
use crate::openbanking::{Connection, ConnectionStatus, OpenBankingError, reminder, store};

/// The kind of job that writes and sends one notice.
pub const NOTIFY: &str = "openbanking.notify";

/// How long before its end a consent may have to be spoken of.
pub(super) const AHEAD: Duration = Duration::days(14);
/// How many connections one statement reads.
const PAGE: u64 = 200;

/// Names a notice, and the connection it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The connection.
    pub connection_id: ConnectionId,
    /// What is told.
    pub about: About,
}

/// Says what a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The consent ends soon.
    Ending,
    /// The connection is over, and only its customer can renew it.
    Ended,
}

/// Asks for a notice in the caller's transaction.
pub(super) async fn ask(
    bank: &Bank,
    tx: &Tx,
    connection_id: ConnectionId,
    about: About,
) -> Result<(), DbErr> {
    let payload = serde_json::to_value(Notice { connection_id, about }).unwrap_or_default();
    jobs::enqueue(bank, tx, NewJob::new(NOTIFY, payload)).await
}

/// Asks for the reminders that are due, 14, 7 and 1 days before a consent ends; returns their number.
///
/// # Errors
/// `DbErr` when the database fails; what was asked for stays so.
pub async fn remind(bank: &Bank) -> Result<usize, DbErr> {
    let (mut asked, mut after) = (0, None);
    loop {
        let rows = store::ending_before(bank.db.read(), bank.now() + AHEAD, after, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(asked) };
        after = Some(last.id);
        for row in rows {
            asked += usize::from(unless_changed(remind_one(bank, row).await)?.unwrap_or(false));
        }
    }
}

async fn remind_one(bank: &Bank, row: Connection) -> Result<bool, OpenBankingError> {
    let Some(ends_at) = row.consent_expires_at else { return Ok(false) };
    let Some(days) = reminder(ends_at, row.reminded_days, bank.now()) else { return Ok(false) };
    let id = row.id;
    let tx = bank.db.begin().await?;
    replace(bank, &tx, Connection { reminded_days: Some(days), ..row }).await?;
    ask(bank, &tx, id, About::Ending).await?;
    tx.commit().await?;
    Ok(true)
}

/// Writes and sends one notice, unless it is true no more; harmless when it runs twice.
///
/// # Errors
/// [`MailingError::Mail`], [`MailingError::Storage`].
pub async fn notify(bank: &Bank, notice: Notice) -> Result<(), MailingError> {
    let Some(row) = store::load(bank.db.latest(), notice.connection_id).await? else { return Ok(()) };
    let name = &bank.settings.bank_name;
    let other = row.provider_name.as_deref().unwrap_or("your other bank");
    let url = &bank.settings.public_url;
    let (subject, text) = match (notice.about, row.status, row.consent_expires_at) {
        (About::Ending, ConnectionStatus::Active, Some(ends_at)) => {
            let day = kernel::clock::date_in(ends_at, bank.settings.business_timezone).format("%-d %B %Y");
            let text = format!(
                "You let {name} read your accounts at {other}. Your consent ends on {day}.\n\nTo go on, sign in at {url} \
                 and renew the link before then; it takes a minute at {other}. Nothing that is here is lost.\n\n\
                 If you do nothing, {name} stops reading your accounts there on that day.\n"
            );
            (format!("{name}: your link to {other} ends on {day}"), text)
        }
        (About::Ended, ConnectionStatus::Expired, _) => {
            let text = format!(
                "{name} cannot read your accounts at {other} any more: the consent has ended, or {other} asks you to \
                 confirm it.\n\nTo go on, sign in at {url} and renew the link. Nothing that is here is lost.\n\n\
                 If you do not want the link any more, you need not do anything.\n"
            );
            (format!("{name}: your link to {other} needs you"), text)
        }
        _ => return Ok(()),
    };
    mail_user(bank, row.user_id, subject, text).await
}

/// Asks for the notice of an end, where the customer had something to lose.
pub(super) async fn ask_of_end(bank: &Bank, tx: &Tx, before: &Connection) -> Result<(), DbErr> {
    if before.status == ConnectionStatus::Pending {
        return Ok(());
    }
    ask(bank, tx, before.id, About::Ended).await
}
