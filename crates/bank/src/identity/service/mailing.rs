//! Mail that identity asks for: written and sent by a job, after the commit.
//!
//! A job's payload names people by id. Tokens are made while the mail is written, and only their hash is
//! stored: nothing that lies in the jobs table opens anything. A mail that goes out twice holds two tokens,
//! both good until one is used.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use database::Tx;
use kernel::{InvitationId, UserId};
use serde::{Deserialize, Serialize};

use super::attempt::throttle;
use super::session::sha256;
use crate::Bank;
use crate::identity::model::{IdentityError, MailToken, Purpose, ThrottleScope, User, UserStatus};
use crate::identity::store::{credentials, users};
use crate::jobs::{self, NewJob};
use crate::mail::{self, Mail, MailError};

/// The kind of job that writes and sends one mail.
pub const SEND_MAIL: &str = "identity.send_mail";

const VERIFY_LIFE: Duration = Duration::hours(24);
const RESET_LIFE: Duration = Duration::minutes(30);

/// Names a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// With a token that verifies the address.
    VerifyEmail,
    /// To somebody who is registered already and was registered again.
    AlreadyRegistered,
    /// With a token that sets a new password.
    ResetPassword,
    /// That a password or a second factor changed.
    CredentialsChanged,
}

/// Names a mail and whom it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// To a user.
    User {
        /// Which mail.
        template: Template,
        /// To whom.
        user_id: UserId,
    },
    /// To somebody who is invited.
    Invitation {
        /// Which invitation.
        invitation_id: InvitationId,
    },
}

/// Says why a mail was not sent; the job tries again.
#[derive(Debug, thiserror::Error)]
pub enum MailingError {
    /// The mail did not leave.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] sea_orm::DbErr),
}

/// Asks for a mail in the caller's transaction.
pub(super) async fn ask(bank: &Bank, tx: &Tx, order: Order) -> Result<(), IdentityError> {
    let payload = serde_json::to_value(order).unwrap_or_default();
    Ok(jobs::enqueue(bank, tx, NewJob::new(SEND_MAIL, payload)).await?)
}

/// Asks for a mail to a user, unless the address had too many within the hour.
pub(super) async fn ask_bounded(
    bank: &Bank,
    tx: &Tx,
    template: Template,
    user: &User,
) -> Result<(), IdentityError> {
    match throttle(bank, tx, ThrottleScope::Mail, &user.email_key).await {
        Ok(()) => ask(bank, tx, Order::User { template, user_id: user.id }).await,
        Err(IdentityError::Locked { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes and sends one mail; harmless when it runs twice.
///
/// # Errors
/// [`MailingError::Mail`], [`MailingError::Storage`].
pub async fn send(bank: &Bank, order: Order) -> Result<(), MailingError> {
    match order {
        Order::User { template, user_id } => {
            let Some(user) = users::find(bank.db.latest(), user_id).await? else {
                return Ok(());
            };
            match user_text(bank, template, &user).await? {
                Some((subject, text)) => post(bank, user.email, subject, text).await,
                None => Ok(()),
            }
        }
        Order::Invitation { invitation_id } => invite(bank, invitation_id).await,
    }
}

/// Writes the subject and the text, or nothing when the mail makes no sense any more.
async fn user_text(
    bank: &Bank,
    template: Template,
    user: &User,
) -> Result<Option<(String, String)>, MailingError> {
    let name = &bank.settings.bank_name;
    let written = match template {
        Template::VerifyEmail if user.status == UserStatus::PendingVerification => {
            let token = mail_token(bank, user.id, Purpose::VerifyEmail, VERIFY_LIFE).await?;
            let text = format!(
                "Welcome to {name}.\n\nYour verification code, good for 24 hours and once:\n\n{token}\n\n\
                 Send it to POST {}/api/v1/auth/verify-email.\nIf you did not register, do nothing.\n",
                bank.settings.public_url
            );
            (format!("{name}: verify your e-mail address"), text)
        }
        Template::ResetPassword if user.status == UserStatus::Active => {
            let token = mail_token(bank, user.id, Purpose::ResetPassword, RESET_LIFE).await?;
            let text = format!(
                "Somebody asked to reset your password at {name}.\n\nYour code, good for 30 minutes and \
                 once:\n\n{token}\n\nSend it to POST {}/api/v1/auth/password/reset.\n\
                 If it was not you, do nothing: your password stays.\n",
                bank.settings.public_url
            );
            (format!("{name}: reset your password"), text)
        }
        Template::AlreadyRegistered => {
            let text = format!(
                "Somebody registered at {name} with your address. You have an account already: sign in, or \
                 reset your password.\nIf it was not you, do nothing.\n"
            );
            (format!("{name}: you are registered already"), text)
        }
        Template::CredentialsChanged => {
            let text = format!(
                "Your password or your second factor at {name} was changed, and your other sessions were \
                 ended.\nIf it was not you, reset your password and call us.\n"
            );
            (format!("{name}: your sign-in was changed"), text)
        }
        Template::VerifyEmail | Template::ResetPassword => return Ok(None),
    };
    Ok(Some(written))
}

async fn mail_token(
    bank: &Bank,
    user_id: UserId,
    purpose: Purpose,
    life: Duration,
) -> Result<String, sea_orm::DbErr> {
    let (now, token) = (bank.now(), fresh_token(bank));
    let row = MailToken {
        hash: sha256(&token),
        user_id,
        purpose,
        created_at: now,
        expires_at: now + life,
        used_at: None,
    };
    let tx = bank.db.begin().await?;
    credentials::insert_mail_token(&tx, row).await?;
    tx.commit().await?;
    Ok(token)
}

async fn invite(bank: &Bank, invitation_id: InvitationId) -> Result<(), MailingError> {
    let token = fresh_token(bank);
    let tx = bank.db.begin().await?;
    let invitation = credentials::load_invitation(&tx, invitation_id).await?;
    let Some(mut invitation) = invitation.filter(|invitation| invitation.accepted_at.is_none()) else {
        return Ok(());
    };
    invitation.hash = Some(sha256(&token));
    let (to, name) = (invitation.email.clone(), &bank.settings.bank_name);
    credentials::update_invitation(&tx, invitation).await?;
    tx.commit().await?;
    let text = format!(
        "You are invited to work at {name}.\n\nYour invitation code, good for seven days and once:\n\n{token}\n\n\
         Register with it at POST {}/api/v1/auth/register (`invitation_token`).\n",
        bank.settings.public_url
    );
    post(bank, to, format!("{name}: your invitation"), text).await
}

/// Sends a text to a user's address; call it from a job.
///
/// # Errors
/// [`MailingError::Mail`], [`MailingError::Storage`].
pub async fn mail_user(
    bank: &Bank,
    user_id: UserId,
    subject: String,
    text: String,
) -> Result<(), MailingError> {
    match users::find(bank.db.latest(), user_id).await? {
        Some(user) => post(bank, user.email, subject, text).await,
        None => Ok(()),
    }
}

async fn post(bank: &Bank, to: String, subject: String, text: String) -> Result<(), MailingError> {
    Ok(mail::send(bank, Mail { to, subject, text }).await?)
}

fn fresh_token(bank: &Bank) -> String {
    URL_SAFE_NO_PAD.encode(bank.random.bytes::<24>())
}
