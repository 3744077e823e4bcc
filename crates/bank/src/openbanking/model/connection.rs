//! A connection's states, who moves it, and what a failure means for it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use truelayer::Remedy;

/// Says where a connection stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionStatus {
    /// The customer is at the bank.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// It works.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// The consent is over; the customer can renew it in place.
    #[sea_orm(string_value = "EXPIRED")]
    Expired,
    /// The customer took the consent back; final.
    #[sea_orm(string_value = "REVOKED")]
    Revoked,
    /// Something unexpected went wrong; a refresh that works mends it.
    #[sea_orm(string_value = "ERROR")]
    Error,
}

/// Narrows the list of all connections.
#[derive(Clone, Debug, Default)]
pub struct ConnectionFilter {
    /// In this state.
    pub status: Option<ConnectionStatus>,
    /// At this provider.
    pub provider_id: Option<String>,
}

/// Says why a consent is over without the customer's doing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Its time was over.
    #[sea_orm(string_value = "consent_expired")]
    ConsentExpired,
    /// The provider refuses the refresh token.
    #[sea_orm(string_value = "provider_refused")]
    ProviderRefused,
    /// A crash lost the answer that held the next refresh token; nobody revoked anything.
    #[sea_orm(string_value = "rotation_lost")]
    RotationLost,
    /// The customer never came back from the bank.
    #[sea_orm(string_value = "never_completed")]
    NeverCompleted,
}

/// Says what happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionEvent {
    /// A code was exchanged: for the first time, or to renew in place.
    Linked,
    /// The consent was extended without a code.
    Extended,
    /// A refresh brought new tokens.
    Refreshed,
    /// The consent is over.
    Ended(EndReason),
    /// The customer took the consent back, here or at the bank.
    Revoked,
    /// Something unexpected went wrong, and trying again did not help.
    Failed,
}

/// Says that an event comes too late, or too early, for a connection's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a connection that is {status:?} is not changed by {event:?}")]
pub struct TooLate {
    /// Where the connection stands.
    pub status: ConnectionStatus,
    /// What would have changed it.
    pub event: ConnectionEvent,
}

/// Returns the state after an event; the same state means that nothing changes and nothing is audited.
///
/// # Errors
/// [`TooLate`] for what must not happen any more: a refresh that finishes late never brings a revoked or expired
/// connection back, and only a link or an extension renews an expired one.
#[expect(clippy::match_same_arms, reason = "a table is read row by row, in the order of the events")]
pub fn transition(status: ConnectionStatus, event: ConnectionEvent) -> Result<ConnectionStatus, TooLate> {
    use ConnectionEvent as Event;
    use ConnectionStatus::{Active, Error, Expired, Pending, Revoked};
    match (status, event) {
        (_, Event::Revoked) => Ok(Revoked),
        (Pending | Active | Expired | Error, Event::Linked) => Ok(Active),
        (Active | Expired | Error, Event::Extended) => Ok(Active),
        (Active | Error, Event::Refreshed) => Ok(Active),
        (Pending, Event::Ended(EndReason::NeverCompleted)) => Ok(Expired),
        // Whoever did not come back from a renewal still has the connection they had.
        (kept, Event::Ended(EndReason::NeverCompleted)) => Ok(kept),
        (Active | Expired | Error, Event::Ended(_)) => Ok(Expired),
        (Active | Error, Event::Failed) => Ok(Error),
        (Expired, Event::Failed) => Ok(Expired),
        (Revoked, Event::Ended(_) | Event::Failed) => Ok(Revoked),
        (Revoked, Event::Linked | Event::Extended | Event::Refreshed)
        | (Expired, Event::Refreshed)
        | (Pending, Event::Extended | Event::Refreshed | Event::Ended(_) | Event::Failed) => {
            Err(TooLate { status, event })
        }
    }
}

/// Says what a failed call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// The connection changes.
    Change(ConnectionEvent),
    /// It stays; try again later.
    Retry,
    /// It stays; refresh once, and treat the next refusal as the end.
    Refresh,
    /// It stays; try the refresh token before the last one, since a crash may have lost an answer.
    TryPrevious,
    /// It stays; the provider's word about the consent decides.
    AskConsent,
    /// It stays, and so does everybody's: our own credentials are wrong. Stop the job and wake the operator.
    Alarm,
    /// It stays; the calls of the day are spent.
    WaitForQuota,
    /// It stays; the window was too wide, or older rows are closed.
    Narrow,
    /// It stays; the bank never answers this question.
    NeverAsk,
    /// It stays; read the list of accounts again.
    RefreshAccounts,
}

/// Says what a failed refresh means; `ambiguous` when an earlier attempt was never answered.
pub const fn treat_refresh(remedy: Remedy, ambiguous: bool, previous_tried: bool) -> Treatment {
    match remedy {
        Remedy::Alarm => Treatment::Alarm,
        Remedy::Reconnect if ambiguous && !previous_tried => Treatment::TryPrevious,
        Remedy::Reconnect if ambiguous => Treatment::Change(ConnectionEvent::Ended(EndReason::RotationLost)),
        Remedy::Reconnect | Remedy::RestartFlow => {
            Treatment::Change(ConnectionEvent::Ended(EndReason::ProviderRefused))
        }
        Remedy::AskConsent => Treatment::AskConsent,
        Remedy::RetryLater | Remedy::BackOff | Remedy::WaitForQuota => Treatment::Retry,
        Remedy::FixRequest
        | Remedy::ShrinkWindow
        | Remedy::Refresh
        | Remedy::CloseHistory
        | Remedy::RefreshAccounts
        | Remedy::NeverAsk
        | Remedy::AskUser
        | Remedy::GiveUp
        | Remedy::ReadAgain => Treatment::Change(ConnectionEvent::Failed),
    }
}

/// Says what a failed read means; `refreshed` when the token was new.
pub const fn treat_read(remedy: Remedy, refreshed: bool) -> Treatment {
    match remedy {
        Remedy::Alarm => Treatment::Alarm,
        Remedy::Refresh if refreshed => Treatment::Change(ConnectionEvent::Ended(EndReason::ProviderRefused)),
        Remedy::Refresh => Treatment::Refresh,
        Remedy::Reconnect => Treatment::Change(ConnectionEvent::Ended(EndReason::ProviderRefused)),
        Remedy::AskConsent => Treatment::AskConsent,
        Remedy::WaitForQuota => Treatment::WaitForQuota,
        Remedy::RetryLater | Remedy::BackOff | Remedy::ReadAgain => Treatment::Retry,
        Remedy::ShrinkWindow | Remedy::CloseHistory => Treatment::Narrow,
        Remedy::NeverAsk => Treatment::NeverAsk,
        Remedy::RefreshAccounts => Treatment::RefreshAccounts,
        Remedy::FixRequest | Remedy::RestartFlow | Remedy::AskUser | Remedy::GiveUp => {
            Treatment::Change(ConnectionEvent::Failed)
        }
    }
}

#[cfg(test)]
mod tests {
    use ConnectionEvent::{Ended, Extended, Failed, Linked, Refreshed, Revoked as TakenBack};
    use ConnectionStatus::{Active, Error, Expired, Pending, Revoked};
    use sea_orm::Iterable as _;

    use super::*;

    #[test]
    fn every_state_meets_every_event_as_the_table_says() {
        let over = Ended(EndReason::ConsentExpired);
        let never = Ended(EndReason::NeverCompleted);
        let events = [Linked, Extended, Refreshed, over, never, TakenBack, Failed];
        let table = [
            (Pending, [Some(Active), None, None, None, Some(Expired), Some(Revoked), None]),
            (
                Active,
                [
                    Some(Active),
                    Some(Active),
                    Some(Active),
                    Some(Expired),
                    Some(Active),
                    Some(Revoked),
                    Some(Error),
                ],
            ),
            (
                Expired,
                [
                    Some(Active),
                    Some(Active),
                    None,
                    Some(Expired),
                    Some(Expired),
                    Some(Revoked),
                    Some(Expired),
                ],
            ),
            (
                Error,
                [
                    Some(Active),
                    Some(Active),
                    Some(Active),
                    Some(Expired),
                    Some(Error),
                    Some(Revoked),
                    Some(Error),
                ],
            ),
            (Revoked, [None, None, None, Some(Revoked), Some(Revoked), Some(Revoked), Some(Revoked)]),
        ];
        for (status, row) in table {
            for (event, expected) in events.into_iter().zip(row) {
                assert_eq!(transition(status, event).ok(), expected, "{status:?} {event:?}");
            }
        }
    }

    #[test]
    fn reasons_of_an_end_differ_only_for_whoever_never_came_back() {
        for reason in EndReason::iter().filter(|reason| *reason != EndReason::NeverCompleted) {
            for status in ConnectionStatus::iter() {
                let usual = transition(status, Ended(EndReason::ConsentExpired));
                assert_eq!(transition(status, Ended(reason)).ok(), usual.ok(), "{status:?} {reason:?}");
            }
        }
    }

    #[test]
    fn our_own_wrong_credentials_and_passing_faults_change_no_connection() {
        for remedy in
            [Remedy::Alarm, Remedy::RetryLater, Remedy::BackOff, Remedy::WaitForQuota, Remedy::AskConsent]
        {
            for (first, second) in [(false, false), (false, true), (true, false), (true, true)] {
                assert!(!matches!(treat_refresh(remedy, first, second), Treatment::Change(_)), "{remedy:?}");
                assert!(!matches!(treat_read(remedy, first), Treatment::Change(_)), "{remedy:?}");
            }
        }
    }

    #[test]
    fn a_refusal_after_a_lost_answer_is_no_revocation() {
        let lost = Treatment::Change(Ended(EndReason::RotationLost));
        let refused = Treatment::Change(Ended(EndReason::ProviderRefused));
        for (ambiguous, previous_tried, expected) in [
            (false, false, refused),
            (false, true, refused),
            (true, false, Treatment::TryPrevious),
            (true, true, lost),
        ] {
            assert_eq!(treat_refresh(Remedy::Reconnect, ambiguous, previous_tried), expected);
        }
    }

    #[test]
    fn a_read_that_is_refused_twice_ends_the_connection_and_once_refreshes_it() {
        let over = Treatment::Change(Ended(EndReason::ProviderRefused));
        for (remedy, refreshed, expected) in [
            (Remedy::Refresh, false, Treatment::Refresh),
            (Remedy::Refresh, true, over),
            (Remedy::Reconnect, false, over),
            (Remedy::CloseHistory, false, Treatment::Narrow),
            (Remedy::NeverAsk, false, Treatment::NeverAsk),
            (Remedy::RefreshAccounts, false, Treatment::RefreshAccounts),
            (Remedy::GiveUp, false, Treatment::Change(Failed)),
        ] {
            assert_eq!(treat_read(remedy, refreshed), expected, "{remedy:?}");
        }
    }
}
