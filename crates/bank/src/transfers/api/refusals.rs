//! Every refusal of transfers as a problem document.

use axum::http::StatusCode;
use ledger::{Refusal, SubmitError};

use crate::transfers::model::TransferError;
use crate::web::Problem;

impl From<TransferError> for Problem {
    fn from(error: TransferError) -> Self {
        let title = error.to_string();
        match error {
            TransferError::Forbidden(missing) => missing.into(),
            TransferError::NotFound => Self::not_found(),
            TransferError::Account(refusal) => refusal.into(),
            TransferError::PayeeNotFound => Self::refused("payee_not_found", title),
            TransferError::PayeeNotConfirmed => Self::refused("payee_not_confirmed", title),
            TransferError::LookupNotUsable => Self::refused("payee_lookup_not_usable", title),
            TransferError::TooManyLookups => Self::too_many(3600).detail(title),
            TransferError::Challenge(refusal) => refusal.into(),
            TransferError::NeedsPerson => Self::refused("confirmation_required", title),
            TransferError::HoldTooLong => Self::invalid_field("/expires_at", title),
            TransferError::NotAHold => Self::conflict("not_a_hold", title),
            TransferError::Refused(refusal) => refusal_problem(&refusal),
            TransferError::Submit(failure) => submit_problem(&failure),
            TransferError::Approval(refusal) => refusal.into(),
            TransferError::Storage(failure) => failure.into(),
        }
    }
}

/// Describes what the ledger refused, with the numbers that explain it.
pub(super) fn refusal_problem(refusal: &Refusal) -> Problem {
    let status = match refusal {
        Refusal::TransferNotFound { .. } => StatusCode::NOT_FOUND,
        Refusal::IdReused { .. }
        | Refusal::AlreadyReversed { .. }
        | Refusal::NotAHold { .. }
        | Refusal::HoldNotPending { .. }
        | Refusal::HoldExpired { .. } => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let problem = Problem::new(status, refusal.code(), refusal.to_string());
    match refusal {
        Refusal::InsufficientFunds { available, asked, .. } => {
            problem.with("available", available).with("asked", asked)
        }
        Refusal::LargestExceeded { limit, asked } => problem.with("limit", limit).with("asked", asked),
        Refusal::DayLimitExceeded { limit, spent, asked }
        | Refusal::MonthLimitExceeded { limit, spent, asked } => {
            problem.with("limit", limit).with("spent", spent).with("asked", asked)
        }
        Refusal::CaptureExceedsHold { held, asked } => problem.with("held", held).with("asked", asked),
        Refusal::CurrencyDiffers { kept_in, asked, .. } => {
            problem.with("kept_in", kept_in).with("asked", asked)
        }
        Refusal::HoldNotPending { state, .. } => problem.with("state", state),
        Refusal::HoldExpired { expired_at, .. } => problem.with("expired_at", expired_at),
        Refusal::AlreadyReversed { by, .. } => problem.with("by", by),
        Refusal::DebitAccountStatus { status, .. } => problem.with("account_status", status),
        // Why another customer's account takes nothing is not the payer's to know.
        Refusal::CreditAccountStatus { .. } => {
            Problem::refused("payee_cannot_receive", "the payee's account takes no payments")
        }
        _ => problem,
    }
}

fn submit_problem(failure: &SubmitError) -> Problem {
    match failure {
        SubmitError::Overloaded { retry_after } => {
            Problem::unavailable(u32::try_from(retry_after.as_secs()).unwrap_or(1).max(1))
        }
        SubmitError::KeyReused => crate::idempotency::key_reused(),
        SubmitError::Unknown => {
            Problem::unavailable(1).detail("repeat the request with the same key to learn its outcome")
        }
        SubmitError::AccessChanged => Problem::unavailable(1),
        SubmitError::Stopped => Problem::unavailable(5),
        SubmitError::Storage(_) => {
            tracing::error!(error = %failure, "the ledger cannot write");
            Problem::unavailable(2)
        }
    }
}
