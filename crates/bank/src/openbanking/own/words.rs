//! How things of a connection are called on a page.

use kernel::Instant;
use truelayer::{Scope, Scopes};

use crate::openbanking::{Connection, ConnectionStatus, EndReason, Interval};
use crate::web::page::{Badge, Tone};

/// Shows a connection's state.
pub fn status_badge(status: ConnectionStatus) -> Badge {
    let (tone, word) = match status {
        ConnectionStatus::Pending => (Tone::Busy, "Not finished"),
        ConnectionStatus::Active => (Tone::Good, "Linked"),
        ConnectionStatus::Expired => (Tone::Warning, "Needs renewal"),
        ConnectionStatus::Revoked => (Tone::Neutral, "Ended"),
        ConnectionStatus::Error => (Tone::Bad, "Out of order"),
    };
    Badge::new(tone, word)
}

/// Names a connection's bank.
pub(super) fn name(row: &Connection) -> &str {
    row.bank_name().unwrap_or("A bank that was not chosen yet")
}

/// Says in a sentence how a connection stands, and what its customer can do.
pub(super) const fn standing(row: &Connection) -> &'static str {
    match row.status {
        ConnectionStatus::Pending => {
            "You have not come back from the bank yet. Begin again if you did not get through."
        }
        ConnectionStatus::Active => {
            "Accounts, balances and transactions are read twice a day, and when you ask."
        }
        ConnectionStatus::Revoked => {
            "You have ended this link. What was read is erased some time after that."
        }
        ConnectionStatus::Error => {
            "Something unexpected went wrong. We keep trying; renewing the consent may help at once."
        }
        ConnectionStatus::Expired => match row.end_reason {
            Some(EndReason::ConsentExpired) => {
                "Your consent has ended. Renew it to go on; nothing that is here is lost."
            }
            Some(EndReason::NeverCompleted) => {
                "You did not come back from the bank in time. Link it once more."
            }
            _ => {
                "The bank asks you to confirm your consent. Renew it to go on; nothing that is here is lost."
            }
        },
    }
}

/// Says what may be seen with a consent.
pub(super) fn granted(scopes: &str) -> Vec<&'static str> {
    let scopes = Scopes::from_list(scopes);
    [
        (Scope::Accounts, "the names and numbers of your accounts"),
        (Scope::Cards, "your cards"),
        (Scope::Balance, "what is on them"),
        (Scope::Transactions, "your transactions"),
        (Scope::StandingOrders, "your standing orders"),
        (Scope::DirectDebits, "who may collect from you"),
        (Scope::Info, "your name"),
    ]
    .into_iter()
    .filter(|(scope, _)| scopes.contains(*scope))
    .map(|(_, words)| words)
    .collect()
}

/// Says how long a consent still stands.
pub(super) fn left(ends_at: Instant, now: Instant) -> String {
    match (ends_at - now).num_days() {
        ..=-1 => "over".to_owned(),
        0 if ends_at <= now => "over".to_owned(),
        0 => "less than a day left".to_owned(),
        1 => "one day left".to_owned(),
        days => format!("{days} days left"),
    }
}

/// Says how often something recurs.
pub(super) const fn every(interval: Interval) -> &'static str {
    match interval {
        Interval::Weekly => "every week",
        Interval::Fortnightly => "every two weeks",
        Interval::Monthly => "every month",
        Interval::Quarterly => "every three months",
        Interval::Yearly => "every year",
    }
}
