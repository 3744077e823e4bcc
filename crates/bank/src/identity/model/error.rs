//! What identity refuses.

use sea_orm::DbErr;

use super::{PasswordFlaw, UserStatus};
use crate::context::Forbidden;
use crate::guard::Overloaded;

/// Says why something about a person, a proof or a session was refused.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The caller lacks a permission.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Address, password or code are not right together; nothing says which (PSD2 RTS Art. 4(3)(a)).
    #[error("the sign-in failed")]
    SignInFailed,
    /// Too many failures; nothing is tried for a while.
    #[error("locked for {retry_after_seconds} seconds")]
    Locked {
        /// How long.
        retry_after_seconds: u32,
    },
    /// The proofs are right, but the address is not verified; a new mail is on its way.
    #[error("the e-mail address is not verified")]
    EmailUnverified,
    /// The session has ended, or there is none.
    #[error("the session is over")]
    SessionOver,
    /// A mailed token is unknown, used or too old.
    #[error("the token is unknown, used or too old")]
    TokenUnfit,
    /// A new password is not good enough.
    #[error("the new password {0}")]
    Password(#[from] PasswordFlaw),
    /// The proofs that confirm a change are not right; nothing says which.
    #[error("the confirmation failed")]
    ConfirmationFailed,
    /// A second factor is enrolled already.
    #[error("a second factor is enrolled")]
    SecondFactorEnrolled,
    /// There is no second factor, or none that waits to be confirmed.
    #[error("no second factor is enrolled")]
    NoSecondFactor,
    /// The step-up threshold is above the bank's.
    #[error("the threshold must be 0 to {most_minor}")]
    ThresholdTooHigh {
        /// The bank's own threshold.
        most_minor: i64,
    },
    /// An API key was asked to do more than its owner may.
    #[error("a key cannot do more than its owner")]
    ScopeTooWide,
    /// An API key was asked to live too long, or not at all.
    #[error("a key must end within {most_days} days")]
    LifeTooLong {
        /// The most days.
        most_days: i64,
    },
    /// There is no such user, session, key.
    #[error("not found")]
    NotFound,
    /// The address belongs to somebody already.
    #[error("the address is taken")]
    EmailTaken,
    /// The roles do not fit the sort of user.
    #[error("these roles do not fit the user")]
    RolesUnfit,
    /// The user's status does not allow it.
    #[error("the user is {0:?}")]
    WrongStatus(UserStatus),
    /// Nobody does this to themselves.
    #[error("not to yourself")]
    Oneself,
    /// Too much is going on.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] DbErr),
}
