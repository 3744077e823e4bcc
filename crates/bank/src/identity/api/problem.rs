//! What a caller is told about identity's refusals.

use axum::http::StatusCode;

use crate::identity::model::IdentityError;
use crate::web::Problem;

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        let detail = error.to_string();
        match error {
            IdentityError::Forbidden(forbidden) => forbidden.into(),
            IdentityError::SignInFailed => {
                Self::new(StatusCode::UNAUTHORIZED, "sign_in_failed", "The sign-in failed")
            }
            IdentityError::Locked { retry_after_seconds } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_failures",
                "Too many failures; try again later",
            )
            .retry_after(retry_after_seconds)
            .with("retry_after_seconds", retry_after_seconds),
            IdentityError::EmailUnverified => Self::new(
                StatusCode::FORBIDDEN,
                "email_unverified",
                "Verify your e-mail address first; a mail is on its way",
            ),
            IdentityError::SessionOver => Self::unauthenticated(),
            IdentityError::TokenUnfit => {
                Self::refused("token_unfit", "The token is unknown, used or too old")
            }
            IdentityError::Password(flaw) => Self::invalid_field("/password", flaw.to_string()),
            IdentityError::ConfirmationFailed => {
                Self::refused("confirmation_failed", "The confirmation failed")
            }
            IdentityError::SecondFactorEnrolled => {
                Self::conflict("second_factor_enrolled", "A second factor is enrolled already")
            }
            IdentityError::NoSecondFactor => {
                Self::conflict("no_second_factor", "No second factor is enrolled")
            }
            IdentityError::ThresholdTooHigh { .. } => Self::invalid_field("/step_up_threshold_minor", detail),
            IdentityError::ScopeTooWide => Self::invalid_field("/scopes", detail),
            IdentityError::LifeTooLong { .. } => Self::invalid_field("/expires_in_days", detail),
            IdentityError::NotFound => Self::not_found(),
            IdentityError::EmailTaken => {
                Self::conflict("email_taken", "The address belongs to a user already")
            }
            IdentityError::RolesUnfit => Self::refused("roles_unfit", "These roles do not fit the user"),
            IdentityError::WrongStatus(status) => {
                Self::conflict("wrong_status", "The user's status does not allow it").with("status", status)
            }
            IdentityError::Oneself => Self::refused("oneself", "Nobody does this to themselves"),
            IdentityError::Overloaded(_) => Self::unavailable(2),
            IdentityError::Storage(error) => error.into(),
        }
    }
}
