//! The codes of refusals and their remedies, as a table.

/// Names why the service, or the bank behind it, refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the vendor's, word for word; `remedy` says what each means")]
pub enum ErrorCode {
    ValidationError,
    InvalidRequest,
    InvalidDateRange,
    InvalidScope,
    DeprecatedProvider,
    InvalidGrant,
    InvalidRefreshToken,
    ConsentExpiredOrRevoked,
    InvalidAuthorizationCode,
    InvalidClient,
    UnauthorizedClient,
    Unauthorized,
    InvalidToken,
    AccessDenied,
    ScaExceeded,
    InvalidCredentialsKey,
    AccountNotFound,
    NotFound,
    CannotBeExtended,
    ProviderTooManyRequests,
    ProviderRequestLimitExceeded,
    RateLimitExceeded,
    InternalServerError,
    EndpointNotSupported,
    ProviderError,
    ConnectorOverload,
    TemporarilyUnavailable,
    ConnectorTimeout,
    ProviderTimeout,
    AccountPermanentlyLocked,
    AccountTemporarilyLocked,
    InternalError,
    UserInputRequired,
    WrongCredentials,
    IdempotencyKeyReuse,
    IdempotencyKeyConcurrencyConflict,
    ConcurrencyConflict,
    InvalidState,
    /// A code of the future, or no code at all and a status that says little.
    Unknown,
}

/// Says what a refusal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// The request is wrong: show the message, mend the program.
    FixRequest,
    /// The time window is impossible: ask for less.
    ShrinkWindow,
    /// Our own credentials are wrong: wake the operator; no user's link is at fault.
    Alarm,
    /// The link is over: the user must follow a new one.
    Reconnect,
    /// The code or the flow is spent: send the user through once more.
    RestartFlow,
    /// The access token is over: refresh once; if the next one is refused too, the link is over.
    Refresh,
    /// The user took the consent back, or it ended, or this one endpoint does not apply: ask `me`.
    AskConsent,
    /// The bank shows no older data any more: the link lives, its history is closed.
    CloseHistory,
    /// The account is gone: read the list again.
    RefreshAccounts,
    /// Too fast: wait and ask again.
    BackOff,
    /// The day's calls without the user are spent: wait, or let the user ask.
    WaitForQuota,
    /// A fault of the moment: ask again later.
    RetryLater,
    /// The bank never answers this: do not ask again.
    NeverAsk,
    /// The user has something to do at the bank.
    AskUser,
    /// The bank is no longer offered.
    GiveUp,
    /// The thing has moved on: read its state.
    ReadAgain,
}

use ErrorCode as Code;

/// Each code with its name on the wire and its remedy.
const TABLE: [(ErrorCode, &str, Remedy); 38] = [
    (Code::ValidationError, "validation_error", Remedy::FixRequest),
    (Code::InvalidRequest, "invalid_request", Remedy::FixRequest),
    (Code::InvalidDateRange, "invalid_date_range", Remedy::ShrinkWindow),
    (Code::InvalidScope, "invalid_scope", Remedy::FixRequest),
    (Code::DeprecatedProvider, "deprecated_provider", Remedy::GiveUp),
    (Code::InvalidGrant, "invalid_grant", Remedy::Reconnect),
    (Code::InvalidRefreshToken, "invalid_refresh_token", Remedy::Reconnect),
    (Code::ConsentExpiredOrRevoked, "consent_expired_or_revoked", Remedy::Reconnect),
    (Code::InvalidAuthorizationCode, "invalid_authorization_code", Remedy::RestartFlow),
    (Code::InvalidClient, "invalid_client", Remedy::Alarm),
    (Code::UnauthorizedClient, "unauthorized_client", Remedy::Alarm),
    (Code::Unauthorized, "unauthorized", Remedy::Refresh),
    (Code::InvalidToken, "invalid_token", Remedy::Refresh),
    (Code::AccessDenied, "access_denied", Remedy::AskConsent),
    (Code::ScaExceeded, "sca_exceeded", Remedy::CloseHistory),
    (Code::InvalidCredentialsKey, "invalid_credentials_key", Remedy::Reconnect),
    (Code::AccountNotFound, "account_not_found", Remedy::RefreshAccounts),
    (Code::NotFound, "not_found", Remedy::FixRequest),
    (Code::CannotBeExtended, "cannot_be_extended", Remedy::Reconnect),
    (Code::ProviderTooManyRequests, "provider_too_many_requests", Remedy::BackOff),
    (Code::ProviderRequestLimitExceeded, "provider_request_limit_exceeded", Remedy::WaitForQuota),
    (Code::RateLimitExceeded, "rate-limit-exceeded", Remedy::BackOff),
    (Code::InternalServerError, "internal_server_error", Remedy::RetryLater),
    (Code::EndpointNotSupported, "endpoint_not_supported", Remedy::NeverAsk),
    (Code::ProviderError, "provider_error", Remedy::RetryLater),
    (Code::ConnectorOverload, "connector_overload", Remedy::RetryLater),
    (Code::TemporarilyUnavailable, "temporarily_unavailable", Remedy::RetryLater),
    (Code::ConnectorTimeout, "connector_timeout", Remedy::RetryLater),
    (Code::ProviderTimeout, "provider_timeout", Remedy::RetryLater),
    (Code::AccountPermanentlyLocked, "account_permanently_locked", Remedy::AskUser),
    (Code::AccountTemporarilyLocked, "account_temporarily_locked", Remedy::AskUser),
    (Code::InternalError, "internal_error", Remedy::RetryLater),
    (Code::UserInputRequired, "user_input_required", Remedy::Reconnect),
    (Code::WrongCredentials, "wrong_credentials", Remedy::Reconnect),
    (Code::IdempotencyKeyReuse, "idempotency-key-reuse", Remedy::FixRequest),
    (Code::IdempotencyKeyConcurrencyConflict, "idempotency-key-concurrency-conflict", Remedy::BackOff),
    (Code::ConcurrencyConflict, "concurrency-conflict", Remedy::ReadAgain),
    (Code::InvalidState, "invalid_state", Remedy::ReadAgain),
];

impl ErrorCode {
    /// Lists every code that has a name.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(code, _, _)| *code)
    }

    /// Returns the name on the wire; `unknown` for what has none.
    pub fn as_str(self) -> &'static str {
        TABLE.iter().find(|(code, _, _)| *code == self).map_or("unknown", |(_, name, _)| name)
    }

    /// Says what to do about it.
    pub fn remedy(self) -> Remedy {
        TABLE.iter().find(|(code, _, _)| *code == self).map_or(Remedy::RetryLater, |(_, _, remedy)| *remedy)
    }

    /// Reads a code, made narrower by the reason that two endpoints put beside it.
    pub(crate) fn read(name: &str, reason: Option<&str>) -> Self {
        let code =
            TABLE.iter().find(|(_, known, _)| *known == name).map_or(Self::Unknown, |(code, _, _)| *code);
        match (code, reason) {
            (Self::InvalidRequest, Some("Invalid refresh_token")) => Self::InvalidRefreshToken,
            (Self::InvalidRequest, Some("Consent expired or revoked")) => Self::ConsentExpiredOrRevoked,
            (code, _) => code,
        }
    }

    /// Reads the status where no code came along: gateways answer in HTML.
    pub(crate) const fn of_status(status: u16) -> Self {
        match status {
            400 => Self::InvalidRequest,
            401 => Self::Unauthorized,
            403 => Self::AccessDenied,
            404 => Self::NotFound,
            409 => Self::ConcurrencyConflict,
            429 => Self::RateLimitExceeded,
            501 => Self::EndpointNotSupported,
            502 | 503 => Self::TemporarilyUnavailable,
            504 => Self::ProviderTimeout,
            500..=599 => Self::InternalServerError,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_its_name_and_no_name_is_taken_twice() {
        for code in ErrorCode::all() {
            assert_eq!(ErrorCode::read(code.as_str(), None), code);
        }
        let names: std::collections::BTreeSet<_> = ErrorCode::all().map(ErrorCode::as_str).collect();
        assert_eq!(names.len(), TABLE.len());
        assert_eq!(ErrorCode::read("something_new", None), ErrorCode::Unknown);
        assert_eq!(ErrorCode::Unknown.remedy(), Remedy::RetryLater);
    }

    #[test]
    fn wrong_credentials_of_our_own_alarm_and_expire_nobody() {
        for name in ["invalid_client", "unauthorized_client"] {
            assert_eq!(ErrorCode::read(name, None).remedy(), Remedy::Alarm, "{name}");
        }
        let over = ["invalid_grant", "invalid_credentials_key"];
        assert!(over.iter().all(|name| ErrorCode::read(name, None).remedy() == Remedy::Reconnect));
    }

    #[test]
    fn reasons_make_a_wide_code_narrow() {
        for (reason, expected) in [
            (Some("Invalid refresh_token"), ErrorCode::InvalidRefreshToken),
            (Some("Consent expired or revoked"), ErrorCode::ConsentExpiredOrRevoked),
            (Some("something else"), ErrorCode::InvalidRequest),
            (None, ErrorCode::InvalidRequest),
        ] {
            assert_eq!(ErrorCode::read("invalid_request", reason), expected);
        }
    }

    #[test]
    fn a_bare_status_still_says_something() {
        for (status, expected) in [
            (401, Remedy::Refresh),
            (403, Remedy::AskConsent),
            (429, Remedy::BackOff),
            (501, Remedy::NeverAsk),
            (502, Remedy::RetryLater),
            (520, Remedy::RetryLater),
            (418, Remedy::RetryLater),
        ] {
            assert_eq!(ErrorCode::of_status(status).remedy(), expected, "{status}");
        }
    }
}
