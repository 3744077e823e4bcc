//! What can go wrong with a call, and what to do about it.

mod code;
mod refusal;

use thiserror::Error;

pub use code::{ErrorCode, Remedy};
pub use refusal::Refusal;

/// Says why a call brought nothing; never holds a token, an address or the text of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// Nothing came back; whether the service acted is unknown.
    #[error("TrueLayer could not be reached: {0}")]
    Unreachable(Failure),
    /// The service said no.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// The service said yes in a way that cannot be read.
    #[error("the answer to {what} cannot be read (correlation id {})", correlation_id.as_deref().unwrap_or("none"))]
    Unreadable {
        /// What was asked.
        what: &'static str,
        /// The name under which the service's support finds the call.
        correlation_id: Option<String>,
    },
}

/// Says how a call failed on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// No connection was made: the service did not act.
    #[error("no connection")]
    Connect,
    /// The time was over.
    #[error("no answer in time")]
    TimeOut,
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
    /// The answer was longer than any should be.
    #[error("the answer is too long")]
    TooLong,
    /// The client could not be set up: the system's certificates are missing.
    #[error("the client could not be set up")]
    SetUp,
}

impl Error {
    /// Says what to do about it.
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Unreachable(_) | Self::Unreadable { .. } => Remedy::RetryLater,
            Self::Refused(refusal) => refusal.code.remedy(),
        }
    }

    /// Returns the code, where the service gave one.
    pub fn code(&self) -> Option<ErrorCode> {
        if let Self::Refused(refusal) = self { Some(refusal.code) } else { None }
    }

    /// Returns how long to wait, where a gateway says so.
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        if let Self::Refused(refusal) = self { refusal.retry_after } else { None }
    }

    /// Returns the name under which the service's support finds the call.
    pub fn correlation_id(&self) -> Option<&str> {
        match self {
            Self::Unreachable(_) => None,
            Self::Refused(refusal) => refusal.correlation_id.as_deref(),
            Self::Unreadable { correlation_id, .. } => correlation_id.as_deref(),
        }
    }

    /// Says whether nothing came because the time was over, ours or the service's own.
    pub fn is_late(&self) -> bool {
        matches!(self, Self::Unreachable(Failure::TimeOut))
            || matches!(self.code(), Some(ErrorCode::ConnectorTimeout | ErrorCode::ProviderTimeout))
    }

    /// Says whether the service may have done what it was asked, although nobody knows.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Self::Unreachable(failure) => !matches!(failure, Failure::Connect | Failure::SetUp),
            Self::Unreadable { .. } => true,
            Self::Refused(refusal) => refusal.status >= 500,
        }
    }
}

/// Keeps the kind of a failure and drops the rest: the text of a transport error holds the address with its query.
impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(if error.is_timeout() {
            Failure::TimeOut
        } else if error.is_connect() {
            Failure::Connect
        } else if error.is_builder() {
            Failure::SetUp
        } else {
            Failure::Broken
        })
    }
}
