//! Every refusal about connections as a problem document.

use truelayer::Remedy;

use crate::idempotency;
use crate::openbanking::OpenBankingError;
use crate::web::Problem;

impl From<OpenBankingError> for Problem {
    fn from(error: OpenBankingError) -> Self {
        let title = capitalized(&error.to_string());
        match error {
            OpenBankingError::Forbidden(missing) => missing.into(),
            OpenBankingError::Off => Self::refused("open_banking_off", title),
            OpenBankingError::PaymentsOff => Self::refused("payments_off", title),
            OpenBankingError::AmountNotPayable => Self::invalid_field("/amount", title),
            OpenBankingError::KeyReused => idempotency::key_reused(),
            OpenBankingError::Account(failure) => failure.into(),
            OpenBankingError::NotBooked(refusal) => Self::internal(&refusal),
            OpenBankingError::NeedsPerson => Self::forbidden(),
            OpenBankingError::NotFound => Self::not_found(),
            OpenBankingError::ProviderNotOffered => Self::invalid_field("/provider_id", title),
            OpenBankingError::ReturnNotUsable => Self::refused("return_not_usable", title),
            OpenBankingError::ConsentRefused => Self::refused("consent_refused", title),
            OpenBankingError::AnotherBank => Self::conflict("another_bank", title),
            OpenBankingError::TooLate(_) => {
                Self::conflict("connection_over", "The connection is over: make a new one")
            }
            OpenBankingError::NotWorking => Self::conflict("connection_not_working", title),
            OpenBankingError::Changed => Self::conflict("connection_changed", title),
            OpenBankingError::Busy => Self::unavailable(1),
            OpenBankingError::NotYet(seconds) => Self::unavailable(seconds),
            OpenBankingError::Service(failure) => service_problem(&failure),
            OpenBankingError::Sum(failure) => Self::refused("out_of_range", failure.to_string()),
            OpenBankingError::Vault(failure) => Self::internal(&failure),
            OpenBankingError::Storage(failure) => failure.into(),
        }
    }
}

/// Begins a sentence.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Describes what the service said, without its words, which may be a stranger's.
fn service_problem(failure: &truelayer::Error) -> Problem {
    match failure.remedy() {
        Remedy::Alarm => {
            tracing::error!(error = %failure, "TrueLayer refuses our own credentials");
            Problem::unavailable(300)
        }
        Remedy::RestartFlow | Remedy::Reconnect | Remedy::AskConsent => Problem::refused(
            "return_not_usable",
            "The bank's answer cannot be used: begin again with a new link",
        ),
        _ => {
            tracing::warn!(error = %failure, "TrueLayer does not answer as it should");
            Problem::unavailable(5)
        }
    }
}
