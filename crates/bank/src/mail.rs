//! Mail to customers and staff: plain text, one recipient.
//!
//! In development each message becomes a readable `.eml` file in a folder; otherwise it goes to the
//! operator's server over TLS. Messages are sent from jobs, after the commit, and may go out twice.

use std::path::Path;

use kernel::{Instant, Random};
use lettre::message::{Mailbox, header::ContentType};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::Bank;
use crate::settings::MailSettings;

/// Describes one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The recipient's address.
    pub to: String,
    /// The subject: one line.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Says why a message did not leave. Nothing in it names the recipient.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The message cannot be put together: an address or a subject that is none.
    #[error("the message cannot be put together")]
    Unfit,
    /// The folder cannot be written.
    #[error("the mail folder cannot be written: {0}")]
    Folder(#[from] std::io::Error),
    /// The server did not take the message.
    #[error("the mail server did not take the message")]
    Server,
}

/// Says whether a text is an address that mail can be sent to.
pub fn is_address(text: &str) -> bool {
    text.len() <= 254
        && text.is_ascii()
        && text.parse::<Address>().is_ok_and(|address| address.domain().contains('.'))
}

/// Sends one message; call it from a job.
///
/// # Errors
/// [`MailError`]; the job tries again.
pub async fn send(bank: &Bank, mail: Mail) -> Result<(), MailError> {
    match &bank.settings.mail {
        MailSettings::Folder(folder) => {
            let from = format!("no-reply@{}", host(&bank.settings.public_url));
            let message = message(bank, &mail, &from)?;
            let name = file_name(bank.now(), &bank.random);
            write(folder, &name, &message.formatted()).await?;
            tracing::info!(mail.file = %folder.join(name).display(), "mail written to a folder");
            Ok(())
        }
        MailSettings::Smtp { url, from } => {
            let message = message(bank, &mail, from)?;
            let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose());
            let server = server.map_err(|_| MailError::Unfit)?.build();
            // The server's own words may repeat the recipient, so they stay out of errors and logs.
            server.send(message).await.map(drop).map_err(|_| MailError::Server)
        }
    }
}

fn message(bank: &Bank, mail: &Mail, from: &str) -> Result<Message, MailError> {
    let one_line = |text: &str| !text.contains(['\r', '\n']);
    if !one_line(&mail.subject) || !one_line(&mail.to) {
        return Err(MailError::Unfit);
    }
    let from: Address = from.parse().map_err(|_| MailError::Unfit)?;
    let to: Address = mail.to.parse().map_err(|_| MailError::Unfit)?;
    Message::builder()
        .from(Mailbox::new(Some(bank.settings.bank_name.clone()), from))
        .to(Mailbox::new(None, to))
        .subject(mail.subject.clone())
        .date(bank.now().into())
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text.clone())
        .map_err(|_| MailError::Unfit)
}

/// Names a file so that files sort by time.
fn file_name(now: Instant, random: &Random) -> String {
    format!("{}-{}.eml", now.format("%Y%m%dT%H%M%S%6f"), hex::encode(random.bytes::<4>()))
}

async fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), std::io::Error> {
    tokio::fs::create_dir_all(folder).await?;
    // Written beside and renamed, so that a reader of the folder never sees half a message.
    let half = folder.join(format!(".{name}"));
    tokio::fs::write(&half, bytes).await?;
    tokio::fs::rename(half, folder.join(name)).await
}

fn host(public_url: &str) -> String {
    let rest = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    if host.contains('.') && !host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return host.to_owned();
    }
    "florin.localhost".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_mail_can_reach_is_an_address() {
        for address in ["ada@example.com", "a.b+c@mail.example.co.uk"] {
            assert!(is_address(address), "{address}");
        }
        for text in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "a b@example.com",
            "a@example.com\nBcc: b@example.com",
        ] {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn the_sender_lives_at_the_public_host() {
        assert_eq!(host("https://bank.example.com:8443/app"), "bank.example.com");
        assert_eq!(host("http://127.0.0.1:8080"), "florin.localhost");
    }
}
