//! What comes back when a user returns from the bank.

use kernel::Secret;
use serde::Deserialize;

use crate::error::ErrorCode;
use crate::scope::Scopes;

/// Holds the fields of the query string or of the posted form, as they arrived.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CallbackFields {
    /// The code to exchange.
    pub code: Option<Secret<String>>,
    /// What was granted.
    pub scope: Option<String>,
    /// What the link carried.
    pub state: Option<String>,
    /// Why nothing was granted.
    pub error: Option<String>,
    /// The same in words; never shown, since a stranger may write it into a link.
    pub error_description: Option<Secret<String>>,
}

/// Says what a return means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callback {
    /// The user consented: exchange the code within five minutes, once.
    Granted {
        /// The code.
        code: Secret<String>,
        /// What was granted, where the service says so.
        scopes: Option<Scopes>,
        /// What the link carried.
        state: String,
    },
    /// The user, or the bank, said no.
    Refused {
        /// Why.
        code: ErrorCode,
        /// What the link carried.
        state: String,
    },
    /// Neither a code nor a reason: some banks send users back so after a cancellation.
    Abandoned {
        /// What the link carried.
        state: String,
    },
    /// Without a state nobody can say whose return this is.
    Unrecognized,
}

impl CallbackFields {
    /// Reads what the return means. A refusal counts before a code: both together are no consent.
    pub fn read(self) -> Callback {
        let Some(state) = self.state.filter(|state| !state.is_empty()) else { return Callback::Unrecognized };
        if let Some(error) = self.error.filter(|error| !error.is_empty()) {
            return Callback::Refused { code: ErrorCode::read(&error, None), state };
        }
        match self.code.filter(|code| !code.expose().is_empty()) {
            Some(code) => {
                Callback::Granted { code, scopes: self.scope.as_deref().map(Scopes::from_list), state }
            }
            None => Callback::Abandoned { state },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(code: Option<&str>, state: Option<&str>, error: Option<&str>) -> CallbackFields {
        CallbackFields {
            code: code.map(|code| Secret::new(code.to_owned())),
            state: state.map(str::to_owned),
            error: error.map(str::to_owned),
            scope: Some("accounts".to_owned()),
            error_description: None,
        }
    }

    #[test]
    fn each_kind_of_return_is_told_apart() {
        let state = || "s".to_owned();
        let refused = |code| Callback::Refused { code, state: state() };
        let granted = Callback::Granted {
            code: Secret::new("c".to_owned()),
            scopes: Some(Scopes::from_list("accounts")),
            state: state(),
        };
        for (returned, expected) in [
            (fields(None, None, None), Callback::Unrecognized),
            (fields(Some("c"), Some(""), None), Callback::Unrecognized),
            (fields(None, Some("s"), Some("access_denied")), refused(ErrorCode::AccessDenied)),
            (fields(Some("c"), Some("s"), Some("access_denied")), refused(ErrorCode::AccessDenied)),
            (fields(None, Some("s"), Some("<script>")), refused(ErrorCode::Unknown)),
            (fields(None, Some("s"), None), Callback::Abandoned { state: state() }),
            (fields(Some(""), Some("s"), None), Callback::Abandoned { state: state() }),
            (fields(Some("c"), Some("s"), None), granted),
        ] {
            assert_eq!(returned.read(), expected);
        }
    }
}
